"""Dates with slashes: half of the world reads the day first, so the column as a whole says what comes first.

27/11/2026 is clear, and with it 11/10/2026 in the same column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from shortlist.ingest.tables.rows import Failure, Row

TIMES = ("at", "published")  # columns of ours
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(.*)", re.ASCII | re.DOTALL)
Rows = Iterable[Row | Failure]


def with_dates(rows: Rows, again: Callable[[], Rows], day_first: bool | None) -> Iterator[Row | Failure]:
    """Yield the rows with such dates as 2026-11-27. `again` reads the table from its beginning, if there is one.

    Without `day_first`, a date of a column that leaves it open stays as it is.
    """
    orders: dict[str, bool | None] = {}
    for row in rows:
        slashed = {name: found for name in TIMES if isinstance(row, Row) and (found := _match(row.values.get(name)))}
        for name in slashed:
            if name not in orders:
                orders[name] = _settled(again(), name) if day_first is None else day_first
        known = {name: _iso(found, order) for name, found in slashed.items() if (order := orders[name]) is not None}
        yield replace(row, values={**row.values, **known}) if known and isinstance(row, Row) else row


def _match(value: Any) -> re.Match[str] | None:
    return SLASHED.fullmatch(value.strip()) if isinstance(value, str) else None


def _settled(rows: Rows, name: str) -> bool | None:
    """Return whether the day is first, or None if no date of the column says so, or they contradict each other."""
    found = [match for row in rows if isinstance(row, Row) and (match := _match(row.values.get(name)))]
    day_first = any(int(match[1]) > 12 for match in found)
    month_first = any(int(match[2]) > 12 for match in found)
    return None if day_first == month_first else day_first


def _iso(found: re.Match[str], day_first: bool) -> str:
    day, month = (found[1], found[2]) if day_first else (found[2], found[1])
    return f"{found[3]}-{int(month):02}-{int(day):02}{found[4]}"
