"""Find weights: a path in the configuration, the cache, your own source, the hub, the mirror.

The sha256 of every file is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path

from shortlist.core.config import ModelsConfig
from shortlist.core.errors import ModelMissing, UsageError
from shortlist.models.weights.manifest import Model, Role, load_manifest
from shortlist.models.weights.supply import Progress, supply
from shortlist.models.weights.verified_files import VerifiedFiles


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """State of one model of the manifest on this machine.

    `size` is in bytes. `path` is the file or folder that a loader opens, None unless `state` is "ready".
    """

    name: str
    role: Role
    licence: str
    size: int
    state: Literal["ready", "missing", "damaged"]
    path: Path | None
    detail: str = ""


def cache_folder(config: ModelsConfig) -> Path:
    """Return the folder of downloaded weights."""
    return config.cache or user_cache_path("shortlist")


def resolve(
    name: str,
    config: ModelsConfig,
    progress: Progress | None = None,
    manifest: Mapping[str, Model] | None = None,
) -> Path:
    """Return the path of the weights of `name`: a file for a language model, a folder for any other.

    Tries a path in the configuration, the cache, `config.source`, the hub and the mirror, in this order, and downloads
    missing files.
    `progress` gets the bytes just fetched, of `Model.size` in all; a restarted file counts again. A name in
    `config.paths` that is not in the manifest is your own model: it has no sha256 to check.

    Raises `ModelMissing`, which names the three ways to supply the weights, and `UsageError` for an unknown name.
    """
    models = load_manifest() if manifest is None else manifest
    if name in config.paths:
        return _configured_path(name, config, models.get(name))
    model = models.get(name)
    if model is None:
        expected = f"one of {', '.join(models)} or a name under models.paths"
        raise UsageError("unknown model", expected=expected, found=repr(name), remedy="see `shortlist models list`")
    folder = cache_folder(config) / name
    if VerifiedFiles(folder.parent).missing(model, model.location(folder)):
        supply(model, folder, config, progress)
    return model.location(folder)


def is_missing(name: str, config: ModelsConfig) -> bool:
    """Return whether `resolve` would download the weights of `name`. Nothing is downloaded."""
    model = load_manifest().get(name)
    if name in config.paths or model is None:
        return False
    cache = cache_folder(config)
    return bool(VerifiedFiles(cache).missing(model, model.location(cache / name)))


def status(config: ModelsConfig, manifest: Mapping[str, Model] | None = None) -> list[ModelStatus]:
    """Return the state of every model of the manifest. Nothing is downloaded, and no verified file is hashed again."""
    return [_status(model, config) for model in (load_manifest() if manifest is None else manifest).values()]


def verify(
    config: ModelsConfig, progress: Progress | None = None, manifest: Mapping[str, Model] | None = None
) -> list[ModelStatus]:
    """Hash every file again and return the state of every model. `progress` gets the size of each model just hashed."""
    statuses = []
    for model in (load_manifest() if manifest is None else manifest).values():
        statuses.append(_status(model, config, rehash=True))
        if progress:
            progress(model.size)
    return statuses


def _status(model: Model, config: ModelsConfig, *, rehash: bool = False) -> ModelStatus:
    cache = cache_folder(config)
    path = config.paths.get(model.name, model.location(cache / model.name))
    missing = VerifiedFiles(cache).missing(model, path, rehash=rehash)
    if not missing:
        return ModelStatus(model.name, model.role, model.licence, model.size, "ready", path)
    damaged = [file.path for file in missing if model.file_path(path, file).exists()]
    state: Literal["missing", "damaged"] = "damaged" if damaged else "missing"
    detail = f"{damaged[0]} is not the file of the manifest" if damaged else ""
    return ModelStatus(model.name, model.role, model.licence, model.size, state, None, detail)


def _configured_path(name: str, config: ModelsConfig, model: Model | None) -> Path:
    path = config.paths[name]
    setting = f'models.paths."{name}"'
    if not path.exists():
        raise ModelMissing(f"no weights at {setting}", expected=str(path), found="nothing", remedy="correct the path")
    missing = VerifiedFiles(cache_folder(config)).missing(model, path) if model else []
    if missing:
        file = missing[0]
        raise ModelMissing(
            f"wrong weights at {setting}",
            expected=f"{file.path} with sha256 {file.sha256} ({file.size:,} bytes)",
            found=f"another file or none at {path}",
            remedy="correct the path, or choose a name for your weights that the manifest does not use",
        )
    return path
