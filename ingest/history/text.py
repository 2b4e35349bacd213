"""The texts of exports: their encoding, and JSON that is read one record at a time."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from shortlist.core.errors import UsageError
from shortlist.ingest.history.acts import LeftOut
from shortlist.ingest.history.databases import SQLITE, tables_of

HEAD_BYTES = 65_536
CHUNK = 1_000_000  # characters
MAX_RECORD = 20_000_000  # characters
MAX_WHOLE = 100_000_000  # bytes of a document that is read as a whole
CUT_OFF = LeftOut("records after the place where the file ends too early")
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Head:
    """The beginning of a file, by which it is recognised: at most `HEAD_BYTES`. `path` is where it can be read."""

    name: str
    data: bytes
    path: Path | None = None

    @cached_property
    def text(self) -> str:
        """The beginning as text, without white space before it."""
        return self.data.decode(encoding_of(self.data), "replace").lstrip("\ufeff \t\r\n")

    @cached_property
    def tables(self) -> frozenset[str]:
        """The names of the tables, if the file is an SQLite database."""
        return tables_of(self.path) if self.path and self.data.startswith(SQLITE) else frozenset()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names in the first line, in lower case, if the file is a table with commas."""
        return tuple(name.strip().strip('"').casefold() for name in self.text.split("\n", 1)[0].split(","))


def encoding_of(data: bytes) -> str:
    """Return the encoding of a file by its first bytes: UTF-8, unless a mark says UTF-16."""
    return next((name for mark, name in BOMS if data.startswith(mark)), "utf-8")


def open_text(path: Path) -> TextIO:
    """Open a file of an export as text. Bytes that are no text are replaced."""
    with path.open("rb") as file:
        encoding = encoding_of(file.read(4))
    return path.open(encoding=encoding, errors="replace", newline="")


def json_document(path: Path) -> Any:
    """Return the JSON document of a file. Raises `UsageError` if it is none, or too large."""
    if path.stat().st_size > MAX_WHOLE:
        raise _unreadable(path, f"more than {MAX_WHOLE:,} bytes")
    with open_text(path) as file:
        try:
            return json.load(file)
        except (ValueError, RecursionError) as error:
            raise _unreadable(path, str(error)) from error


def json_records(path: Path) -> Iterator[Any]:
    """Yield the elements of a JSON list one at a time, and `CUT_OFF` if the file ends in the middle of it.

    Raises `UsageError` for what is no JSON.
    """
    with open_text(path) as file:
        buffer, at = _skip(file, "", 0)
        if buffer[at : at + 1] != "[":
            raise _unreadable(path, f"{buffer[at : at + 20]!r} at the beginning")
        at += 1
        decode = json.JSONDecoder().raw_decode
        while True:
            buffer, at = _skip(file, buffer, at)
            if buffer[at : at + 1] == "]":
                return
            if at >= len(buffer):
                yield CUT_OFF
                return
            try:
                record, at = decode(buffer, at)
            except ValueError as error:
                more = file.read(CHUNK)
                if not more:
                    yield CUT_OFF
                    return
                if len(buffer) - at > MAX_RECORD:
                    raise _unreadable(path, f"{error}, or a record of more than {MAX_RECORD:,} characters") from error
                buffer, at = buffer[at:] + more, 0
                continue
            except RecursionError as error:
                raise _unreadable(path, "lists in lists without end") from error
            yield record


def _skip(file: TextIO, buffer: str, at: int) -> tuple[str, int]:
    """Return the buffer and the place of the next character that is neither white space nor a comma."""
    while True:
        while at < len(buffer) and buffer[at] in " \t\r\n,\ufeff":
            at += 1
        if at < len(buffer):
            return buffer, at
        buffer, at = file.read(CHUNK), 0
        if not buffer:
            return "", 0


def _unreadable(path: Path, found: str) -> UsageError:
    return UsageError(
        f"{path.name}: unreadable", expected="JSON as the service exports it", found=found,
        remedy="download the export again",
    )  # fmt: skip
