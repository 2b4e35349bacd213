"""Opening a source, plain or compressed, and the checks on its bytes and texts that every format shares."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from shortlist.core.errors import RecordError, UsageError

UTF8_MARK = b"\xef\xbb\xbf"
OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
ENCODING_REMEDY = "save the file as UTF-8"
LONGEST_LINE = 16_000_000  # bytes: 250 hours of speech; a compressed file of one line could fill any memory
_SKIPPED_AT_ONCE = 1_000_000


@contextmanager
def opened(source: Path) -> Iterator[IO[bytes]]:
    """`source` as bytes, unpacked when its name ends in .gz, past a UTF-8 byte order mark.

    Raises `UsageError` for a file that cannot be opened or is UTF-16, `RecordError` for a damaged .gz, also when
    the damage is met later in the body of the `with`.
    """
    try:
        with _open(source) as file:
            _skip_mark(source, file)
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


def _skip_mark(source: Path, file: IO[bytes]) -> None:
    start = file.read(len(UTF8_MARK))
    encoding = OTHER_ENCODINGS.get(start[:2])
    if encoding:
        raise UsageError(f"{source}: wrong encoding", expected="UTF-8", found=encoding, remedy=ENCODING_REMEDY)
    if start != UTF8_MARK:
        file.seek(0)


def lines_of(file: IO[bytes], longest: int = LONGEST_LINE) -> Iterator[bytes | None]:
    """The lines of `file`; None in place of one of more than `longest` bytes, which is never in memory as a whole."""
    while line := file.readline(longest + 1):
        if len(line) <= longest or line.endswith(b"\n"):
            yield line
            continue
        while (rest := file.readline(_SKIPPED_AT_ONCE)) and not rest.endswith(b"\n"):
            pass
        yield None


def length_fault(longest: int = LONGEST_LINE) -> str:
    """Why a line that `lines_of` gives as None cannot be a row."""
    return f"line too long: expected at most {longest:,} bytes, found more; write one record a line"


def decode_fault(data: bytes) -> str | None:
    """Why `data` is not UTF-8 text, or None."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02X} at byte {error.start + 1} of the line"
        return f"wrong encoding: expected UTF-8, found {found}; {ENCODING_REMEDY}"
    return None


def text_fault(values: Mapping[str, Any]) -> str | None:
    """Why a row's texts cannot be kept (a NUL character, an undecoded byte), or None."""
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
    """The first byte that `surrogateescape` let through, with its place."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"0x{ord(text[error.start]) & 0xFF:02X} at character {error.start + 1} of the field"
    return None
