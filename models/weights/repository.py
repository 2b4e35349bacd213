"""A whole repository of the model hub: the weights of an encoder that the manifest does not know."""

from __future__ import annotations

from pathlib import Path

from shortlist.core.config import ModelsConfig
from shortlist.core.errors import ModelMissing
from shortlist.models.weights.resolve import cache_folder

# What sentence-transformers reads; the same weights in the formats of other programs are left where they are.
FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]
ELSEWHERE = ["onnx/*", "openvino/*"]


def fetch_repository(name: str, models: ModelsConfig) -> Path:
    """The folder of the repository "OWNER/NAME": what was fetched before, else from the hub. Raises `ModelMissing`."""
    try:
        return _snapshot(name, models, offline=True)
    except Exception as error:  # huggingface-hub raises what its network library raises, too
        if models.offline:
            raise _missing(name, "not in the cache, and models.offline is set") from error
    try:
        return _snapshot(name, models, offline=False)
    except Exception as error:
        raise _missing(name, f"{type(error).__name__}: {str(error).strip()[:200]}") from error


def _snapshot(name: str, models: ModelsConfig, *, offline: bool) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            name,
            cache_dir=cache_folder(models) / "hub",
            endpoint=models.hub,
            etag_timeout=models.hub_timeout_s,
            local_files_only=offline,
            allow_patterns=FILES,
            ignore_patterns=ELSEWHERE,
        )
    )


def _missing(name: str, found: str) -> ModelMissing:
    remedy = f'connect to the hub, or set encoder.name, or models.paths."{name}", to a folder that has the model'
    return ModelMissing(
        f"no encoder {name}", expected="a folder or a repository of the hub", found=found, remedy=remedy
    )
