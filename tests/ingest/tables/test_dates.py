"""Dates with slashes are settled by their column, by the user, or stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.ingest.tables.read import rows
from shortlist.ingest.tables.rows import ColumnOptions, Columns, Row

COLUMNS = Columns((("id",),), ("published",))


@pytest.mark.parametrize(
    ("dates", "day_first", "expected"),
    [
        (["11/10/2026", "27/11/2026"], None, ["2026-10-11", "2026-11-27"]),
        (["11/10/2026", "1/27/2026 08:00"], None, ["2026-11-10", "2026-01-27 08:00"]),
        (["11/10/2026", "10/11/2026"], None, ["11/10/2026", "10/11/2026"]),
        (["27/11/2026", "11/27/2026"], None, ["27/11/2026", "11/27/2026"]),
        (["11/10/2026", ""], True, ["2026-10-11", None]),
        (["11/10/2026", "soon"], False, ["2026-11-10", "soon"]),
    ],
)
def test_dates(dates: list[str], day_first: bool | None, expected: list[str | None], tmp_path: Path) -> None:
    path = tmp_path / "videos.csv"
    path.write_text("id,published\n" + "".join(f"v{n},{date}\n" for n, date in enumerate(dates)))
    found = list(rows(path, COLUMNS.chosen(ColumnOptions(day_first=day_first))))
    assert [row.values.get("published") or None for row in found if isinstance(row, Row)] == expected
