"""Search the bytes of files, in a process of its own.

Closing a database file releases all locks of this process on it (POSIX), also those of SQLite.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

from shortlist.store.catalogue.erasure.subject import mention_of
from shortlist.store.home_files import RECEIPTS

WIDE = ("utf-16-le", "utf-32-le")  # numpy stores texts as UTF-32
SHORT = 6  # bytes: a shorter id is in many binary files by chance

P = ParamSpec("P")
T = TypeVar("T")


def search_files(
    folder: Path, ids: Collection[str], inside: Collection[str], words: Collection[str], texts: Collection[str]
) -> tuple[int, list[str], dict[str, set[str]]]:
    """Return the number of files but the receipts, those that hold an id, and the texts inside of each other one.

    Ids that are `inside` of kept values are not searched for anywhere in SQLite files, and those that are `words` of
    kept values not as words.
    """
    return _elsewhere(_search, folder, ids, inside, words, texts)


def holds_any(folder: Path, words: Collection[str]) -> bool:
    """Return whether any file below `folder` holds one of the words."""
    return _elsewhere(_holds_any, folder, words)


def _elsewhere(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *arguments, **named).result()


def _search(
    folder: Path, ids: Collection[str], inside: Collection[str], words: Collection[str], texts: Collection[str]
) -> tuple[int, list[str], dict[str, set[str]]]:
    holding: list[str] = []
    with_texts: dict[str, set[str]] = {}
    paths = [path for path in _files_of(folder) if path.relative_to(folder).parts[0] != RECEIPTS]
    for path in paths:
        name = str(path.relative_to(folder))
        if _holds_id(path, ids, inside, words):
            holding.append(name)
        elif texts_inside := _texts_inside(path, texts):
            with_texts[name] = texts_inside
    return len(paths), holding, with_texts


def _holds_any(folder: Path, words: Collection[str]) -> bool:
    return any(_texts_inside(path, words) for path in _files_of(folder))


def _files_of(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size)


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
