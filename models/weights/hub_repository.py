"""Download a whole repository of the model hub: the weights of an encoder that is not in the manifest."""

from __future__ import annotations

from pathlib import Path

from shortlist.core.config import ModelsConfig
from shortlist.core.errors import ModelMissing
from shortlist.models.weights.resolve import cache_folder

# The files that sentence-transformers reads, without copies of the weights in other formats.
INCLUDED = ["*.json", "*.txt", "*.model", "*.safetensors"]
EXCLUDED = ["onnx/*", "openvino/*"]


def fetch_repository(name: str, models: ModelsConfig) -> Path:
    """Return the folder of the repository "OWNER/NAME", from the cache or else from the hub.

    Raises `ModelMissing` if it is in neither, or is not in the cache and `models.offline` is set.
    """
    try:
        return _snapshot(name, models, offline=True)
    except Exception as error:  # huggingface-hub also raises the errors of its network library
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
            allow_patterns=INCLUDED,
            ignore_patterns=EXCLUDED,
        )
    )


def _missing(name: str, found: str) -> ModelMissing:
    remedy = f'connect to the hub, or set encoder.name or models.paths."{name}" to a folder with the model'
    return ModelMissing(
        f"no encoder {name}", expected="a folder or a repository of the hub", found=found, remedy=remedy
    )
