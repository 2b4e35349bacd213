"""Limits on tables, so that a small file cannot unpack to more than a machine can read.

A file may always have `LEAST_RATIO` times its size on disk, and a row for each `ROW_BYTES` of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.errors import UsageError

R = TypeVar("R")

LEAST_RATIO = 10
ROW_BYTES = 20
LINES_A_ROW = 20  # a field in quotes may have several lines; blank lines are skipped
MAX_COLUMNS = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The most rows, bytes when unpacked, and bytes of a cell, of any table."""

    rows: int = IngestConfig.model_fields["max_rows"].default
    unpacked: int = IngestConfig.model_fields["max_unpacked"].default
    cell: int = IngestConfig.model_fields["max_cell"].default

    @classmethod
    def of(cls, config: IngestConfig) -> Limits:
        """Return the limits of the settings."""
        return cls(config.max_rows, config.max_unpacked, config.max_cell)

    def rows_of(self, source: Path) -> int:
        """Return the most rows of the file."""
        return max(self.rows, source.stat().st_size // ROW_BYTES)

    def bytes_of(self, source: Path) -> int:
        """Return the most bytes of the file when it is unpacked."""
        return max(self.unpacked, source.stat().st_size * LEAST_RATIO)

    def check_bytes(self, source: Path, found: int) -> None:
        """Raise `UsageError` if the file unpacks to more than it may."""
        if found > (most := self.bytes_of(source)):
            raise _too_much(source, f"{most:,} bytes when unpacked", "more", "max_unpacked")

    def check_cell(self, source: Path, found: int) -> None:
        """Raise `UsageError` if a cell of the file is larger than it may be."""
        if found > self.cell:
            raise _too_much(source, f"{self.cell:,} bytes in a cell", f"{found:,}", "max_cell")

    def check_rows(self, source: Path, found: int) -> None:
        """Raise `UsageError` if the file has more rows than it may."""
        if found > (most := self.rows_of(source)):
            raise _too_much(source, f"{most:,} rows", "more", "max_rows")

    def counted(self, source: Path, rows: Iterator[R]) -> Iterator[R]:
        """Yield the rows of the file. Raises `UsageError` after the last one that it may have."""
        most = self.rows_of(source)
        for number, row in enumerate(rows, 1):
            if number > most:
                self.check_rows(source, number)
            yield row


def check_width(source: Path | str, columns: int) -> None:
    """Raise `UsageError` for a table with too many columns."""
    if columns > MAX_COLUMNS:
        raise UsageError(
            f"{source}: too many columns", expected=f"at most {MAX_COLUMNS:,}", found=f"{columns:,}",
            remedy="drop those that Shortlist does not read",
        )  # fmt: skip


def _too_much(source: Path, most: str, found: str, setting: str) -> UsageError:
    remedy = f"split the file, or raise ingest.{setting}"
    return UsageError(f"{source}: too large", expected=f"at most {most}", found=found, remedy=remedy)
