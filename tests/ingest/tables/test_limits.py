"""A small file cannot unpack to more than a machine can read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.limits import MAX_COLUMNS, Limits
from shortlist.ingest.tables.read import rows
from shortlist.ingest.tables.rows import Columns, Failure

COLUMNS = Columns((("a",),))
SMALL = Limits(rows=1000, unpacked=100_000, cell=10_000)


def shared_texts(n_rows: int, text: str) -> pa.Table:
    """A column of one text, which is once in the file."""
    return pa.table({"a": pa.DictionaryArray.from_arrays(pa.array([0] * n_rows, pa.int32()), pa.array([text]))})


@pytest.mark.parametrize(
    ("content", "setting"),
    [
        (b'{"a": 1}\n' * 1001, "max_rows"),
        (b"\n" * 90_000, "max_rows"),
        (b" " * 200_000, "max_unpacked"),
        ((b'{"a": "' + b"x" * 900 + b'"}\n') * 500, "max_unpacked"),
    ],
)
def test_a_packed_file_is_read_up_to_the_limit(tmp_path: Path, content: bytes, setting: str) -> None:
    source = tmp_path / "t.jsonl.gz"
    source.write_bytes(gzip.compress(content))
    with pytest.raises(UsageError, match=f"too large.*raise ingest.{setting}"):
        list(rows(source, COLUMNS, SMALL))


@pytest.mark.parametrize(
    ("table", "setting"),
    [
        (shared_texts(1001, "x"), "max_rows"),
        (shared_texts(900, "x" * 1000), "max_unpacked"),
        (shared_texts(2, "x" * 10_001), "max_cell"),
    ],
)
def test_a_text_that_rows_share_counts_for_each_of_them(tmp_path: Path, table: pa.Table, setting: str) -> None:
    pq.write_table(table, tmp_path / "t.parquet", store_schema=False)
    with pytest.raises(UsageError, match=f"too large.*raise ingest.{setting}"):
        list(rows(tmp_path / "t.parquet", COLUMNS, SMALL))


def test_a_plain_file_may_have_a_row_for_each_20_bytes(tmp_path: Path) -> None:
    source = tmp_path / "t.csv"
    source.write_text("a,b\n" + "one,two,three,four,five\n".replace(",three,four,five", "x" * 20) * 5000)
    assert len(list(rows(source, COLUMNS, SMALL))) == 5000


def test_quotes_that_never_close_on_many_lines_fail_their_rows(tmp_path: Path) -> None:
    source = tmp_path / "t.csv"
    source.write_text("a,b\n" + '"x\n' * 150_000)
    read = list(rows(source, COLUMNS))
    assert all(isinstance(row, Failure) for row in read)


def test_a_table_of_very_many_columns_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "t.csv"
    source.write_text(",".join(f"c{n}" for n in range(MAX_COLUMNS + 1)) + "\n")
    with pytest.raises(UsageError, match="too many columns"):
        list(rows(source, COLUMNS))
