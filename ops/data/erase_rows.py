"""Erase the rows that name a reader, a video or an article from a table, which stays a table of the same format."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from shortlist.core.errors import RecordError, UsageError
from shortlist.ingest.records import values
from shortlist.ingest.records.articles import article_from_row
from shortlist.ingest.records.videos import video_from_row
from shortlist.ingest.tables.lines import open_source
from shortlist.ingest.tables.rows import Failure, Row
from shortlist.ops.data.tables import Kind, number_of, rows_of
from shortlist.store.catalogue.erasure.subject import READER, Subject, mention_of

Outcome = Literal["unchanged", "rewritten", "deleted", "unsearched"]
PLAIN = re.compile(r"[\w.@:/ -]+", re.ASCII)  # ids that every text format writes as they are
ID_OF: Mapping[str, Callable[[Row], str]] = {
    "videos": lambda row: video_from_row(row).id,
    "articles": lambda row: article_from_row(row).id,
}
KIND_OF: Mapping[str, str] = {"videos": "video", "articles": "article"}


def erase_rows(path: Path, kind: Kind, subjects: Collection[Subject], *, anywhere: bool) -> Outcome:
    """Erase the rows of the local file `path` that name one of the subjects.

    A row names a subject in the column of its kind, or, with `anywhere` and in lines that are no rows, as a word. A
    text file that is no table is taken line by line. A spreadsheet is deleted if a row names one. A file of another
    format that cannot be read is left as it is: "unsearched".
    """
    names = _Names(kind, subjects, anywhere)
    if path.suffix.lower() not in (".parquet", ".xlsx"):
        return _erase_lines(path, kind, names)
    try:
        named = {number_of(row) for row in rows_of(path, kind) if names.row(row)}
        if not named:
            return "unchanged"
        if path.suffix.lower() == ".xlsx":
            path.unlink()
            return "deleted"
        table = pl.read_parquet(path)
        numbers = pl.int_range(1, table.height + 1, eager=True)
        table.filter(~numbers.is_in(sorted(named))).write_parquet(path)
    except (UsageError, RecordError, pl.exceptions.PolarsError):
        return "unsearched"
    return "rewritten"


class _Names:
    """Says whether rows and bytes name a subject."""

    def __init__(self, kind: Kind, subjects: Collection[Subject], anywhere: bool) -> None:
        self._kind = kind
        self._subjects = frozenset((subject.kind, subject.id) for subject in subjects)
        self._patterns = [mention_of(subject.id) for subject in subjects]
        self._items = any(subject.kind == KIND_OF.get(kind) for subject in subjects)
        self._anywhere = anywhere

    def row(self, row: Row | Failure, lines: bytes = b"") -> bool:
        """Return whether the row, which is at `lines` of a text file, names a subject."""
        if isinstance(row, Failure):
            return self.text(lines.decode(errors="replace"))
        if self._anywhere and self.text(" ".join(map(str, row.values.values()))):
            return True
        return any(one in self._subjects for one in self._named(row))

    def text(self, text: str) -> bool:
        """Return whether the text has an id as a word."""
        return any(pattern.search(text) for pattern in self._patterns)

    def may_be_in(self, lines: Sequence[bytes]) -> bool:
        """Return False if a search of the bytes is enough to know that no line names a subject."""
        if self._items:  # an id may be missing in the file, and made of a title or an address
            return True
        plain = [an_id.encode() for _, an_id in self._subjects if PLAIN.fullmatch(an_id)]
        return len(plain) < len(self._subjects) or any(an_id in line for line in lines for an_id in plain)

    def _named(self, row: Row) -> Iterator[tuple[str, str]]:
        if self._kind in ("events", "readers"):
            yield READER, _identifier(row, "user_id")
        if self._kind == "events":
            yield str(row.values.get("kind")), _identifier(row, "item_id")
        if self._items:
            try:
                yield KIND_OF[self._kind], ID_OF[self._kind](row)
            except RecordError:
                yield KIND_OF[self._kind], _identifier(row, "id")


def _identifier(row: Row, column: str) -> str:
    try:
        return values.identifier(row.values.get(column), column)
    except RecordError:
        return ""


def _erase_lines(path: Path, kind: Kind, names: _Names) -> Outcome:
    try:
        with open_source(path) as file:
            lines = file.readlines()
    except (UsageError, RecordError):
        return "unsearched"
    if not names.may_be_in(lines):
        return "unchanged"
    named: set[int] = set()
    for row, start, end in _spans(path, kind, len(lines)):
        if names.row(row, b"".join(lines[start - 1 : end - 1])):
            named.update(range(start, end))
    if not named:
        return "unchanged"
    content = b"".join(line for number, line in enumerate(lines, start=1) if number not in named)
    path.write_bytes(gzip.compress(content) if path.suffix.lower() == ".gz" else content)
    return "rewritten"


def _spans(path: Path, kind: Kind, n_lines: int) -> Iterator[tuple[Row | Failure, int, int]]:
    """Yield each row with its first line and the line after its last one."""
    try:
        last: Row | Failure | None = None
        for row in rows_of(path, kind):
            if last is not None:
                yield last, number_of(last), number_of(row)
            last = row
        if last is not None:
            yield last, number_of(last), n_lines + 1
    except (UsageError, RecordError) as error:  # it is no table, so each line stands for itself
        for number in range(1, n_lines + 1):
            yield Failure(f"{path}:{number}", str(error)), number, number + 1
