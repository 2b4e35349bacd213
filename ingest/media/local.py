"""Media files of this machine: one file, or all below a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from shortlist.core.config import MediaConfig
from shortlist.core.errors import MediaError, UsageError
from shortlist.ingest.media.files import check_size, video_of_file
from shortlist.ingest.media.item import Entry, Fetched, Item, Unwanted, Wanted
from shortlist.ingest.tables.rows import Failure
from shortlist.models.speech.audio import media_facts

# What is looked for in a folder. A file that is named itself is tried whatever its name.
_ENDINGS = """.3gp .aac .aiff .avi .flac .flv .m2ts .m4a .m4v .mka .mkv .mov .mp3 .mp4 .mpeg .mpg .mts .oga .ogg .ogv
.opus .ts .wav .webm .wma .wmv"""
ENDINGS = frozenset(_ENDINGS.split())


class LocalSource:
    """The media file at `path`, or those below it in order of their names. Links to folders are not followed.

    Raises `UsageError` where there is nothing.
    """

    def __init__(self, path: Path, config: MediaConfig, wanted: Wanted) -> None:
        self._path = path.expanduser().absolute()
        self._config = config
        self._wanted = wanted
        if not os.path.lexists(self._path):
            raise UsageError(
                f"no such file or folder: {self._path}",
                expected="a media file, a folder of them, a table, or an address beginning with https://",
                found="nothing",
                remedy="correct the path",
            )

    def items(self) -> Iterator[Entry]:
        """See `Source`. With a limit, files that are too long are told by their headers, and do not count."""
        if self._wanted.limit is None:
            yield from self._entries()
            return
        left = self._wanted.limit
        for entry in self._entries():
            if left == 0:
                return
            known = self._measured(entry) if isinstance(entry, Item) else entry
            left -= isinstance(known, Item)
            yield known

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
                yield Failure(str(error.filename), f"cannot read the folder: {error.strerror}")
        yield from (Failure(str(error.filename), f"cannot read the folder: {error.strerror}") for error in unreadable)

    def _entry(self, path: Path) -> Entry:
        try:
            location = str(path)
            location.encode()
            found = path.stat()
        except UnicodeEncodeError:
            return Failure(repr(str(path)), "its name is not UTF-8: rename it")
        except OSError as error:
            return Failure(str(path), f"cannot read the file: {error.strerror}")
        if not stat.S_ISREG(found.st_mode):
            return Failure(str(path), "a device or a pipe, no file")
        return Item(location, partial(self._fetch, path, found.st_size), f"{found.st_size}:{found.st_mtime_ns}")

    def _measured(self, item: Item) -> Entry:
        try:
            objection = self._wanted.objection(media_facts(Path(item.location)).duration_s, None)
        except MediaError:
            return item  # its own failure, when it is taken
        return Unwanted(item.location, objection) if objection else item

    def _fetch(self, path: Path, size: int, _folder: Path) -> Fetched | Unwanted:
        check_size(size, self._config.max_bytes, path.name)
        video = video_of_file(path, path.name)
        objection = self._wanted.objection(video.duration_s, None)
        return Unwanted(str(path), objection) if objection else Fetched(video, path)


def _is_media(name: str) -> bool:
    return Path(name).suffix.lower() in ENDINGS and not name.startswith("._")
