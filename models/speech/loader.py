"""Load the configured speech model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shortlist.core.config import ModelsConfig
from shortlist.core.config_sections.ingest import SpeechConfig
from shortlist.models.speech.faster_whisper_transcriber import FasterWhisper
from shortlist.models.speech.openai_whisper_transcriber import OpenAiWhisper
from shortlist.models.speech.transcriber import Transcriber
from shortlist.models.weights.resolve import resolve

PROVIDERS: dict[str, Callable[[Path, str, int], Transcriber]] = {
    "faster-whisper": FasterWhisper,
    "openai-whisper": OpenAiWhisper,
}


def load_transcriber(config: SpeechConfig, models: ModelsConfig) -> Transcriber:
    """Load the speech model of `config.provider`. Raises `ModelMissing` or `ModelFailed`."""
    return PROVIDERS[config.provider](resolve(config.model, models), config.model, config.threads)
