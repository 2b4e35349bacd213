"""The files of a source: a file, a folder, a zip as it was downloaded, or standard input.

Nothing of a zip is unpacked under its own name: a member that is recognised is copied to a file in a folder of ours.
"""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from shortlist.core.errors import UsageError
from shortlist.ingest.history.databases import SQLITE
from shortlist.ingest.history.importer import Importer, Part, importer_of
from shortlist.ingest.history.text import HEAD_BYTES, Head

STDIN = "-"
MAX_FILES = 200_000  # of a zip or folder
MAX_UNPACKED = 1_000_000_000  # bytes of a member that is not more than `MAX_RATIO` times smaller in the zip
MAX_RATIO = 200
DEPTH = 2  # zips in zips or folders
# Never exports of what one did. Reading the beginnings of thousands of pictures takes long.
OTHER_FILES = {
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".svg", ".pdf", ".css", ".js", ".vtt", ".srt",
    ".mp4", ".mov", ".mkv", ".webm", ".avi", ".mp3", ".m4a", ".wav",
    ".sqlite-wal", ".sqlite-shm", ".db-wal", ".db-shm",
}  # fmt: skip

Recognised = tuple[Part, Importer | None]


def parts_of(source: str, work: Path) -> Iterator[Recognised]:
    """Yield every file of `source` with its importer, or None where nobody knows it. `work` is an empty folder of ours.

    Raises `UsageError` if there is no such file, or a zip is damaged or unpacks to too much.
    """
    if source == STDIN:
        path = work / "standard-input"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield from _parts("standard input", path, work, DEPTH)
        return
    path = Path(source).expanduser()
    if not path.exists():
        raise UsageError(
            f"{source}: no such file", expected="a file, a folder, a zip or -", found="nothing", remedy="check the path"
        )
    if not path.is_dir():
        yield from _parts(path.name, path, work, DEPTH)
        return
    for number, file_path in enumerate(sorted(_files(path)), 1):
        _check_number(source, number)
        if file_path.suffix.lower() not in OTHER_FILES:
            yield from _parts(str(file_path.relative_to(path)), file_path, work, DEPTH)


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (path for name in names if (path := Path(place, name)).is_file())


def _parts(name: str, path: Path, work: Path, depth: int) -> Iterator[Recognised]:
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
    importer = importer_of(Head(name, data, path))
    if importer is None and depth and data.startswith(b"PK") and zipfile.is_zipfile(path):
        yield from _members(name, path, work, depth - 1)
    else:
        yield Part(name, path), importer


def _members(name: str, path: Path, work: Path, depth: int) -> Iterator[Recognised]:
    try:
        with zipfile.ZipFile(path) as archive:
            for number, member in enumerate(archive.infolist(), 1):
                _check_number(name, number)
                if not member.is_dir() and PurePosixPath(member.filename).suffix.lower() not in OTHER_FILES:
                    yield from _member(archive, member, work, depth)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise UsageError(
            f"{name}: a damaged zip", expected="a zip as it was downloaded", found=str(error),
            remedy="download it again, without a password",
        ) from error  # fmt: skip


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, work: Path, depth: int) -> Iterator[Recognised]:
    with archive.open(member) as packed:
        data = packed.read(HEAD_BYTES)
    importer = importer_of(Head(member.filename, data))
    if importer is None and not data.startswith((b"PK", SQLITE)):
        yield Part(member.filename, work), None
        return
    path = work / str(sum(1 for _ in work.iterdir()))
    with archive.open(member) as packed, path.open("wb") as file:
        _copy(member, packed, file)
    yield from ([(Part(member.filename, path), importer)] if importer else _parts(member.filename, path, work, depth))
    path.unlink()


def _copy(member: zipfile.ZipInfo, packed: IO[bytes], file: IO[bytes]) -> None:
    most = min(MAX_UNPACKED, max(HEAD_BYTES, member.compress_size) * MAX_RATIO)
    left = most
    while chunk := packed.read(1 << 20):
        left -= len(chunk)
        if left < 0:
            raise UsageError(
                f"{member.filename}: unpacks to too much", expected=f"at most {most:,} bytes", found="more",
                remedy="unpack the zip yourself and import the file, if you trust it",
            )  # fmt: skip
        file.write(chunk)


def _check_number(name: str, number: int) -> None:
    if number > MAX_FILES:
        raise UsageError(
            f"{name}: too many files", expected=f"at most {MAX_FILES:,}", found="more", remedy="import a folder in it"
        )
