"""The environment that keeps the libraries below from reporting anything.

`import shortlist` sets what is not set yet, before any of them is imported: some read it only once, and onnxruntime
writes a device id and a queue of events while it is imported. The command line also replaces values: a variable left
over from another project must not send what people read to a tracing service.
"""

from __future__ import annotations

from collections.abc import Mapping

TELEMETRY_OFF: Mapping[str, str] = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime, also as faster-whisper and Chroma use it
    "ANONYMIZED_TELEMETRY": "False",  # Chroma
    "GRADIO_ANALYTICS_ENABLED": "False",  # also its look for a newer version
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface-hub, transformers, sentence-transformers, datasets, gradio
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets
    "LANGSMITH_TRACING": "false",  # LangChain, LangGraph: whole prompts
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",  # what of the rest follows consoledonottrack.com
}
