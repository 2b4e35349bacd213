"""Search the bytes of all files of a home for what is forgotten."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Collection, Iterator, Mapping, Set
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from shortlist.core.types import KINDS
from shortlist.store.catalogue.erasure.personal_data import names_reader
from shortlist.store.catalogue.erasure.subject import READER, Subject, SubjectKind, mention_of
from shortlist.store.home import Home
from shortlist.store.home_files import RECEIPTS

WIDE = ("utf-16-le", "utf-32-le")  # numpy stores texts as UTF-32
SHORT = 6  # bytes: a shorter id is in many binary files by chance
SHORTEST_TEXT = 12  # "the moon" may be in any file, and proves nothing
CONTENT_TABLES = {"videos", "segments", "enrichments", "articles"}

# The columns in which an id names a reader, or an item. In all others it is a word of some text.
IN_LISTS = {"messages.message", "meta.key"}
OF_READERS = IN_LISTS | {
    "readers.id", "events.user_id", "events.request_id", "exposures.user_id", "exposures.request", "tastes.user_id",
    "tastes.sentence", "objectives.user_id", "features.user_id", "keys.scope", "keys.label", "messages.thread",
}  # fmt: skip
OF_ITEMS = IN_LISTS | {"events.item_id", "exposures.items", "exposures.request", "features.item_id", "steps.item"}
NAMING: Mapping[SubjectKind, Set[str]] = {
    READER: OF_READERS,
    "video": OF_ITEMS | {"videos.id", "segments.video_id", "enrichments.video_id", "locations.video_id"},
    "article": OF_ITEMS | {"articles.id"},
}


@dataclass(frozen=True, slots=True)
class Search:
    """Places of traces, the number of files searched, and the number of ids too short for binary files."""

    found: tuple[str, ...]
    files: int
    short_ids: int


def find_traces(home: Home, subjects: Collection[Subject], texts: Collection[str]) -> Search:
    """Search all columns of the catalogue, and the bytes of all files but the receipts, for the ids and texts.

    In a file an id counts as a word of its own, or, in a SQLite file, anywhere, because values follow each other
    without a space there. It does not count if the content has it, too, and neither does a text. Short texts are not
    searched for.
    """
    found, inside, words = _in_catalogue(home, subjects)
    ids = {subject.id for subject in subjects}
    long = [text for text in texts if len(text) >= SHORTEST_TEXT]
    # Closing a database file releases all locks of this process on it (POSIX), also those of SQLite.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        files, holding, with_texts = process.submit(_search_files, home.path, ids, inside, words, long).result()
    found += holding
    kept = _in_content(home, set().union(*with_texts.values()))
    found += [name for name, texts_inside in with_texts.items() if texts_inside - kept]
    return Search(tuple(sorted(found)), files, sum(len(one.encode()) < SHORT for one in ids))


def _search_files(
    folder: Path, ids: Collection[str], inside: Collection[str], words: Collection[str], texts: Collection[str]
) -> tuple[int, list[str], dict[str, set[str]]]:
    """Return the number of files, those that hold an id, and the texts inside of each other one, by name."""
    holding: list[str] = []
    with_texts: dict[str, set[str]] = {}
    paths = list(_files_of(folder))
    for path in paths:
        name = str(path.relative_to(folder))
        if _holds_id(path, ids, inside, words):
            holding.append(name)
        elif texts_inside := _texts_inside(path, texts):
            with_texts[name] = texts_inside
    return len(paths), holding, with_texts


def holds_any(folder: Path, words: Collection[str]) -> bool:
    """Return whether any file below `folder` holds one of the words."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size)
    return any(_texts_inside(path, words) for path in files)


def _in_catalogue(home: Home, subjects: Collection[Subject]) -> tuple[list[str], set[str], set[str]]:
    """Return the columns that name a subject, the ids inside of any kept value, and those that are words of one."""
    patterns = {subject: mention_of(subject.id) for subject in subjects}
    naming = {subject: _naming(home, subject) for subject in subjects}
    found, inside, words = dict[str, None](), set[str](), set[str]()
    for column, value in home.catalogue.erasures.iterate_texts():
        for subject in (one for one in subjects if one.id in value):
            inside.add(subject.id)
            if column == "messages.message" and subject.kind == READER:
                named = names_reader(json.loads(value), subject.id, patterns[subject])
            else:
                named = bool(patterns[subject].search(value))
            if named and column in naming[subject]:
                found[f"{column} of the catalogue"] = None
            elif named:
                words.add(subject.id)
    return list(found), inside, words


def _naming(home: Home, subject: Subject) -> Set[str]:
    """Return the columns in which the id names the subject. An item of the other kind may have the same id."""
    shared = (Subject(kind, subject.id) for kind in KINDS if kind != subject.kind != READER)
    return NAMING[subject.kind] - (OF_ITEMS if any(map(home.catalogue.erasures.exists, shared)) else set())


def _in_content(home: Home, texts: Set[str]) -> set[str]:
    """Return those of the texts that are inside of a kept video or article."""
    if not texts:
        return set()
    values = (
        value for column, value in home.catalogue.erasures.iterate_texts() if column.partition(".")[0] in CONTENT_TABLES
    )
    return {text for value in values for text in texts if text in value}


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


def _texts_inside(path: Path, texts: Collection[str]) -> set[str]:
    if not texts:
        return set()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return {text for text in texts if content.find(text.encode()) >= 0}


def _is_text(content: mmap.mmap) -> bool:
    try:
        content[:].decode()
    except UnicodeDecodeError:
        return False
    return True
