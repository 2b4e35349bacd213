"""Open a file, plain or compressed, and check its bytes and texts. All text formats use this."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from shortlist.core.errors import RecordError, UsageError

UTF8_BOM = b"\xef\xbb\xbf"
OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
ENCODING_REMEDY = "save the file as UTF-8"
MAX_LINE = 16_000_000  # bytes, 250 hours of speech; a compressed file of one line could fill the memory
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


def lines_of(file: IO[bytes], longest: int = MAX_LINE) -> Iterator[bytes | None]:
    """Yield the lines of `file`, or None for a line of more than `longest` bytes, which is skipped in pieces."""
    while line := file.readline(longest + 1):
        if len(line) <= longest or line.endswith(b"\n"):
            yield line
            continue
        while (rest := file.readline(_SKIPPED_AT_ONCE)) and not rest.endswith(b"\n"):
            pass
        yield None


def length_fault(longest: int = MAX_LINE) -> str:
    """Return the reason why a line that `lines_of` skipped is not a row."""
    return f"line too long: expected at most {longest:,} bytes, found more; write one record a line"


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
