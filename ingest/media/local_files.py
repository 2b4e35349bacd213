"""Media files on this machine: one file, or all files below a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import UNREADABLE, MediaError, UsageError
from shortlist.ingest.media.media_file import check_size, video_of_file
from shortlist.ingest.media.source import Entry, Fetched, Item, MediaFilter, Skipped
from shortlist.ingest.tables.rows import Failure
from shortlist.models.speech.audio import media_facts

# The files that are ingested from a folder. A file that you name yourself is tried whatever its suffix.
_SUFFIXES = """.3gp .aac .aiff .avi .flac .flv .m2ts .m4a .m4v .mka .mkv .mov .mp3 .mp4 .mpeg .mpg .mts .oga .ogg .ogv
.opus .ts .wav .webm .wma .wmv"""
SUFFIXES = frozenset(_SUFFIXES.split())


class LocalSource:
    """The media file at `path`, or the media files below it sorted by name. Links to folders are not followed.

    Raises `UsageError` if `path` does not exist.
    """

    def __init__(self, path: Path, config: MediaConfig, media_filter: MediaFilter) -> None:
        self._path = path.expanduser().absolute()
        self._config = config
        self._media_filter = media_filter
        if not os.path.lexists(self._path):
            raise UsageError(
                f"no such file or folder: {self._path}",
                expected="a media file, a folder of them, a table, or an address beginning with https://",
                found="nothing",
                remedy="correct the path",
            )

    def items(self) -> Iterator[Entry]:
        """See `Source`. With a limit, reads each file's header so that files that are too long do not count."""
        if self._media_filter.limit is None:
            yield from self._entries()
            return
        remaining = self._media_filter.limit
        for entry in self._entries():
            if remaining == 0:
                return
            checked = self._check_duration(entry) if isinstance(entry, Item) else entry
            remaining -= isinstance(checked, Item)
            yield checked

    def _entries(self) -> Iterator[Entry]:
        if not self._path.is_dir():
            yield self._entry(self._path)
            return
        unreadable: list[OSError] = []
        for folder, subfolders, names in os.walk(self._path, onerror=unreadable.append):
            subfolders.sort()
            yield from (self._entry(Path(folder, name)) for name in sorted(names) if _is_media(name))
            while unreadable:
                error = unreadable.pop()
                yield _unreadable_folder(error)
        yield from map(_unreadable_folder, unreadable)

    def _entry(self, path: Path) -> Entry:
        try:
            location = str(path)
            location.encode()
            found = path.stat()
        except UnicodeEncodeError:
            return Failure(repr(str(path)), "its name is not UTF-8: rename it", "bad-name")
        except OSError as error:
            return Failure(str(path), f"cannot read the file: {error.strerror}", UNREADABLE)
        if not stat.S_ISREG(found.st_mode):
            return Failure(str(path), "not a regular file, but a device or a pipe: leave it out", "not-a-file")
        return Item(location, partial(self._fetch, path, found.st_size), f"{found.st_size}:{found.st_mtime_ns}")

    def _check_duration(self, item: Item) -> Entry:
        try:
            rejection = self._media_filter.rejection(media_facts(Path(item.location)).duration_s, None)
        except MediaError:
            return item  # fetching it records the failure
        return Skipped(item.location, rejection) if rejection else item

    def _fetch(self, path: Path, size: int, _folder: Path) -> Fetched | Skipped:
        check_size(size, self._config.max_bytes, path.name)
        video = video_of_file(path, path.name)
        rejection = self._media_filter.rejection(video.duration_s, None)
        return Skipped(str(path), rejection) if rejection else Fetched(video, path)


def check_suffix(name: str) -> None:
    """Raise `MediaError` unless the name of a file ends as that of a media file."""
    suffix = Path(name).suffix
    if suffix.lower() not in SUFFIXES:
        raise MediaError(
            f"{name} is not a media file", expected=f"one of {' '.join(sorted(SUFFIXES))}", found=suffix or "no suffix",
            remedy="leave it out", code="not-media",
        )  # fmt: skip


def _is_media(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES and not name.startswith("._")


def _unreadable_folder(error: OSError) -> Failure:
    return Failure(str(error.filename), f"cannot read the folder: {error.strerror}", UNREADABLE)
