"""Search the bytes of all files of a home for readers who are forgotten."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from shortlist.retrieval.index.index import FOLDER as INDEXES
from shortlist.store.catalogue.personal_data import mention_of, names_reader
from shortlist.store.home import Home
from shortlist.store.home_files import CHROMA, RECEIPTS
from shortlist.store.pictures import PICTURES

WIDE = ("utf-16-le", "utf-32-le")  # numpy stores texts as UTF-32
SHORT = 6  # bytes: a shorter id is in many binary files by chance
SHORTEST_TEXT = 12  # "the moon" may be in any file, and proves nothing
CONTENT = {INDEXES, CHROMA, PICTURES, "media"}  # folders that are made from videos and articles only

# The columns in which an id names a reader. In all others it is a word of the content.
NAMING = {
    "readers.id", "events.user_id", "events.request_id", "exposures.user_id", "exposures.request", "tastes.user_id",
    "tastes.sentence", "objectives.user_id", "features.user_id", "keys.scope", "keys.label",
    "messages.thread", "messages.message", "meta.key",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Search:
    """Places of traces, the number of files searched, and the number of ids too short for binary files."""

    found: tuple[str, ...]
    files: int
    short_ids: int


def find_traces(home: Home, user_ids: Collection[str], texts: Collection[str]) -> Search:
    """Search all columns of the catalogue, and the bytes of all files but the receipts, for the ids and texts.

    In a file an id counts as a word of its own, or, in a SQLite file, anywhere, because values follow each other
    without a space there. It does not count if the content has it, too. Short texts are not searched for.
    """
    found, inside, words = _in_catalogue(home, user_ids)
    long = [text.encode() for text in texts if len(text) >= SHORTEST_TEXT]
    files = 0
    for path in _files_of(home.path):
        files += 1
        if _holds_id(path, user_ids, inside, words) or (long and _holds_text(home.path, path, long)):
            found.append(str(path.relative_to(home.path)))
    return Search(tuple(found), files, sum(len(one.encode()) < SHORT for one in user_ids))


def _in_catalogue(home: Home, user_ids: Collection[str]) -> tuple[list[str], set[str], set[str]]:
    """Return the columns that name a reader, the ids inside of any kept value, and those that are words of one."""
    patterns = {user_id: mention_of(user_id) for user_id in user_ids}
    found, inside, words = dict[str, None](), set[str](), set[str]()
    for column, value in home.catalogue.personal_data.iterate_texts():
        for user_id in (one for one in user_ids if one in value):
            inside.add(user_id)
            pattern = patterns[user_id]
            if column == "messages.message":
                named = names_reader(json.loads(value), user_id, pattern)
            else:
                named = bool(pattern.search(value))
            if named and column in NAMING:
                found[f"{column} of the catalogue"] = None
            elif named:
                words.add(user_id)
    return list(found), inside, words


def _files_of(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size and path.relative_to(folder).parts[0] != RECEIPTS:
            yield path


def _holds_id(path: Path, user_ids: Collection[str], inside: Collection[str], words: Collection[str]) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        is_sqlite = content[:15] == b"SQLite format 3" or path.name.endswith("-wal")
        is_text = None
        for user_id in user_ids:
            raw = user_id.encode()
            if len(raw) < SHORT:
                is_text = _is_text(content) if is_text is None else is_text
                if not is_text:
                    continue
            if user_id not in inside and any(content.find(one) >= 0 for one in _forms(user_id, is_sqlite)):
                return True
            if not is_sqlite and user_id not in words and re.search(mention_of(user_id).pattern.encode(), content):
                return True
    return False


def _forms(user_id: str, is_sqlite: bool) -> Iterator[bytes]:
    if is_sqlite:
        yield user_id.encode()
    for encoding in WIDE:
        yield user_id.encode(encoding)


def _holds_text(home: Path, path: Path, texts: Collection[bytes]) -> bool:
    if path.relative_to(home).parts[0] in CONTENT:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(text) >= 0 for text in texts)


def _is_text(content: mmap.mmap) -> bool:
    try:
        content[:].decode()
    except UnicodeDecodeError:
        return False
    return True
