"""Workbooks written row by row."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

from shortlist.app.export.xlsx import write_workbook


def test_a_workbook_continues_on_a_second_sheet_and_has_no_control_characters(tmp_path: Path) -> None:
    with write_workbook(tmp_path / "a.xlsx", ["user_id", "rank"], rows=3) as append:
        append([("ann\x07", 1), ("ann", 2)])
        append([("ben", 1)])
    book = load_workbook(tmp_path / "a.xlsx")
    assert [list(one.values) for one in book.worksheets] == [
        [("user_id", "rank"), ("ann\ufffd", 1), ("ann", 2)],
        [("user_id", "rank"), ("ben", 1)],
    ]
