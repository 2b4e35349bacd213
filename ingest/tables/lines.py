"""Open a file, plain or compressed, and check its bytes and texts. All text formats use this."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from shortlist.core.errors import RecordError, UsageError
from shortlist.ingest.tables.limits import LINES_A_ROW, Limits

UTF8_BOM = b"\xef\xbb\xbf"
OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
ENCODING_REMEDY = "save the file as UTF-8"
_SKIPPED_AT_ONCE = 1_000_000


@contextmanager
def open_source(source: Path) -> Iterator[IO[bytes]]:
    """Open `source` for reading bytes, decompressed if its name ends in .gz, after a UTF-8 byte order mark.

    Raises `UsageError` for a file that cannot be opened or is UTF-16, and `RecordError` for a damaged .gz, also if
    the damage is found in the body of the `with` statement.
    """
    try:
        with _open(source) as file:
            _skip_bom(source, file)
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise RecordError(
            f"{source}: damaged archive", expected="a whole gzip file", found=str(error), remedy="copy the file again"
        ) from error
    except OSError as error:
        raise UsageError(
            f"{source}: cannot be read",
            expected="a readable file",
            found=error.strerror or str(error),
            remedy="check its permissions",
        ) from error


def _open(source: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(source)) if source.suffix.lower() == ".gz" else source.open("rb")


def _skip_bom(source: Path, file: IO[bytes]) -> None:
    start = file.read(len(UTF8_BOM))
    encoding = OTHER_ENCODINGS.get(start[:2])
    if encoding:
        raise UsageError(f"{source}: wrong encoding", expected="UTF-8", found=encoding, remedy=ENCODING_REMEDY)
    if start != UTF8_BOM:
        file.seek(0)


def lines_of(file: IO[bytes], source: Path, limits: Limits) -> Iterator[bytes | None]:
    """Yield the lines of `file`, or None for a line of more than `limits.cell` bytes, which is skipped in pieces.

    Raises `UsageError` if the file at `source` unpacks to more than it may.
    """
    longest, most, most_lines = limits.cell, limits.bytes_of(source), limits.rows_of(source) * LINES_A_ROW
    size = number = 0
    while line := file.readline(longest + 1):
        size, number = size + len(line), number + 1
        if size > most:
            limits.check_bytes(source, size)
        if number > most_lines:
            limits.check_rows(source, number)
        if len(line) <= longest or line.endswith(b"\n"):
            yield line
            continue
        while (rest := file.readline(_SKIPPED_AT_ONCE)) and not rest.endswith(b"\n"):
            limits.check_bytes(source, size := size + len(rest))
        yield None


def length_fault(limits: Limits) -> str:
    """Return the reason why a line that `lines_of` skipped is not a row."""
    found = f"expected at most {limits.cell:,} bytes, found more"
    return f"line too long: {found}; write one record a line, or raise ingest.max_cell"


def decode_fault(data: bytes) -> str | None:
    """Return the reason why `data` is not UTF-8 text, or None."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02X} at byte {error.start + 1} of the line"
        return f"wrong encoding: expected UTF-8, found {found}; {ENCODING_REMEDY}"
    return None


def text_fault(values: Mapping[str, Any]) -> str | None:
    """Return the reason why the texts of a row cannot be stored (a NUL character, an undecoded byte), or None."""
    for name, value in values.items():
        for text in _texts(value):
            if "\0" in text:
                return f"NUL character in {name}: expected text, found a character 0; remove it"
            if not text.isascii() and (bad := _undecoded(text)):
                return f"wrong encoding in {name}: expected UTF-8, found byte {bad}; {ENCODING_REMEDY}"
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _texts(key)
            yield from _texts(part)


def _undecoded(text: str) -> str | None:
    """Return the first byte that `surrogateescape` let through and its place, or None."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"0x{ord(text[error.start]) & 0xFF:02X} at character {error.start + 1} of the field"
    return None
