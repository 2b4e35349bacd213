"""Validation accepts exactly the rows that become records, whatever the format of the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.core.config import PipelineConfig
from shortlist.core.errors import RecordError
from shortlist.core.validation import require
from shortlist.ingest.records.articles import article_from_row
from shortlist.ingest.records.events import event_from_row
from shortlist.ingest.records.readers import reader_from_row
from shortlist.ingest.records.videos import video_from_row
from shortlist.ingest.tables.read import rows
from shortlist.ingest.tables.rows import Failure, Row, records
from shortlist.ops.data import arrived_table
from shortlist.ops.data.arrived_table import COLUMNS, number_of, read_table
from shortlist.ops.data.ledger import Usual
from shortlist.ops.data.rules import Kind
from shortlist.ops.data.validate import validate

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
LATEST = NOW + timedelta(days=1)

IDS = [
    "u1",
    "",
    " ",
    "a b",
    " a",
    "a ",
    "é",
    "a\tb",
    "\u2028",
    "x" * 512,
    "x" * 513,
    "é" * 513,
    7,
    -7,
    1.5,
    True,
    None,
    [],
]
TEXTS = ["moon", "", "  ", " a ", "42", 42, 1.5, float("inf"), True, None, [], ["a"], {"a": 1}]
NAMES = ["video", "VIDEO", " article ", "channel", "view", "like", "dislike", "bought", "", None, 3, True]
TIMES = [
    "2026-11-20T10:00:00Z", "2026-11-20 10:00:00+01:00", "2026-11-20T10:00:00.123456Z", "2026-11-20T10:00:00",
    "2026-11-20", "2026-02-30T10:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T10:00:60Z", "0000-01-01T00:00:00Z",
    "20.11.2026", "2026-11-25T07:59:59Z", "2026-11-25T08:00:01Z", "1790000000", "1790000000.5",
    "1790000000000", "99999999", "46000",
    "yesterday", "", None, 1790000000, 1790000000.5, 20261120, 46000.5, -1, True, "9999-12-31T23:59:59-14:00",
]  # fmt: skip
SECONDS = [
    "12", "-1", "1:03", "PT1M3S", "1e3", "1_000", ".5", "5.", "nan", "inf", "1e10", "soon", "", None, 0, 12, -1, 1e10,
    1e9, float("nan"), True, " 12 ", "٣",
]  # fmt: skip
NUMBERS = ["3", "-3", "3.0", "3.5", "2147483647", "2147483648", "9" * 30, "x", "", None, 3, -3, 3.0, 2**31, True, 2**70]

EVENT: Mapping[str, Sequence[Any]] = {
    "user_id": IDS, "item_id": IDS, "kind": NAMES, "action": NAMES, "at": TIMES, "dwell_s": SECONDS,
    "request_id": TEXTS, "position": NUMBERS, "variant": TEXTS,
}  # fmt: skip
GOOD_EVENT = {"user_id": "u1", "item_id": "v1", "kind": "video", "action": "view", "at": "2026-11-20T10:00:00Z"}
VIDEO: Mapping[str, Sequence[Any]] = {
    "id": IDS, "title": TEXTS, "duration": SECONDS, "published": TIMES,
    "language": ["en", "EN_us", "english!", "", None, 3],
    "tags": ["a, b", ["a"], [["a"]], 3, None], "channel": TEXTS, "summary": TEXTS,
    "segments": [
        None, "one. two.", [{"text": "a", "start": 0}], [{"text": "a", "start": 5}, {"text": "b", "start": 1}], 3,
    ],
}  # fmt: skip
ARTICLE: Mapping[str, Sequence[Any]] = {"id": IDS, "title": TEXTS, "body": TEXTS, "published": TIMES, "category": TEXTS}
READER: Mapping[str, Sequence[Any]] = {
    "user_id": IDS,
    "created": TIMES,
    "interests": ["a, b", ["a"], [[1]], 3, None, True],
}


def not_late(row: Row) -> object:
    event = event_from_row(row)
    require(event.at <= LATEST, "event in the future", "", event.at)
    return event


KINDS: Mapping[Kind, tuple[Mapping[str, Sequence[Any]], Mapping[str, Any], Callable[[Row], object]]] = {
    "events": (EVENT, GOOD_EVENT, not_late),
    "videos": (VIDEO, {"title": "The moon"}, video_from_row),
    "articles": (ARTICLE, {"title": "The moon"}, article_from_row),
    "readers": (READER, {"user_id": "u1"}, reader_from_row),
}


def bad_rows(path: Path, kind: Kind) -> set[int]:
    config = PipelineConfig(max_bad_share=1.0)
    return set(validate(path, kind, config, NOW, LATEST, Usual(), accepted=False).reasons)


def refused_by_the_ingest(path: Path, kind: Kind) -> set[int]:
    entries = records(rows(path, COLUMNS[kind]), KINDS[kind][2])
    return {number_of(entry) for entry in entries if isinstance(entry, Failure)}


@st.composite
def tables_of(draw: st.DrawFn, kind: Kind) -> list[dict[str, Any]]:
    """A few good records of `kind`, some with one or two cells replaced by any value."""
    values, good, _ = KINDS[kind]
    table = []
    for _row in range(draw(st.integers(1, 6))):
        row = dict(good)
        for name in draw(st.lists(st.sampled_from(sorted(values)), max_size=2)):
            row[name] = draw(st.sampled_from(values[name]))
        table.append(row)
    return table


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(data=st.data())
def test_rows_of_json_lines(kind: Kind, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    table = data.draw(tables_of(kind))
    path = tmp_path_factory.mktemp("json") / "t.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in table))
    assert bad_rows(path, kind) == refused_by_the_ingest(path, kind)


@pytest.mark.parametrize("kind", ["events", "readers"])
@settings(max_examples=15)
@given(data=st.data())
def test_rows_of_csv(kind: Kind, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    table = data.draw(tables_of(kind))
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, sorted(KINDS[kind][0]))
        writer.writeheader()
        writer.writerows(table)
    assert bad_rows(path, kind) == refused_by_the_ingest(path, kind)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("at", [NOW, None, LATEST + timedelta(seconds=1)]),
        pl.Series("at", [NOW.replace(tzinfo=None), None, NOW.replace(tzinfo=None)]),
        pl.Series("at", [1_790_000_000, 20_261_120, None]),
        pl.Series("dwell_s", [1.5, float("nan"), -1.0]),
        pl.Series("dwell_s", [1, 2, -3], dtype=pl.Int16),
        pl.Series("dwell_s", [timedelta(seconds=3), None, timedelta(seconds=-3)]),
        pl.Series("position", [1, -1, 2**31], dtype=pl.Int64),
        pl.Series("position", [1.0, 1.5, None]),
        pl.Series("user_id", [1, 2, None], dtype=pl.Int64),
        pl.Series("user_id", [1.0, 2.5, None]),
        pl.Series("variant", [True, False, None]),
        pl.Series("variant", [["a"], [], None]),
    ],
    ids=lambda column: f"{column.name}-{column.dtype}",
)
def test_columns_of_parquet(column: pl.Series, tmp_path: Path) -> None:
    table = pl.DataFrame([GOOD_EVENT] * 3).with_columns(column)
    table.write_parquet(tmp_path / "t.parquet")
    assert bad_rows(tmp_path / "t.parquet", "events") == refused_by_the_ingest(tmp_path / "t.parquet", "events")


HEADER = "user_id,item_id,kind,action,at,dwell_s\n"
PLAIN = "u1,v1,video,view,2026-11-20T10:00:00Z,3\n"


@pytest.mark.parametrize(
    "text",
    [
        HEADER + PLAIN * 3,
        (HEADER + PLAIN * 3).rstrip("\n"),
        (HEADER + PLAIN * 3).replace("\n", "\r\n"),
        (HEADER + PLAIN * 3).replace(",", ";"),
        HEADER + PLAIN + "u1,v1,video\n" + PLAIN,
        HEADER
        + PLAIN
        + "u1,v1,video,view,2026-11-20T10:00:00Z,3,4\n"
        + PLAIN
        + "u1,v1,video,view,2026-11-20T10:00:00Z\n",
        HEADER + PLAIN + "\n" + PLAIN,
        HEADER + PLAIN + '"u\n1",v1,video,view,2026-11-20T10:00:00Z,3\n' + PLAIN,
        HEADER + PLAIN + '"u1,v1,video,view,2026-11-20T10:00:00Z,3\n' + PLAIN,
        "\ufeff" + HEADER + PLAIN,
        HEADER + "ü1,v1,video,view,2026-11-20T10:00:00Z,3\n" + "u\0,v1,video,view,2026-11-20T10:00:00Z,3\n",
        HEADER.replace("dwell_s", "") + PLAIN,
        HEADER.replace("at,", " At ,") + PLAIN,
        HEADER,
    ],
)
def test_a_column_at_a_time_gives_the_rows_of_the_reader(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    table = read_table(path, "events")
    slow = arrived_table._row_by_row(path, "events")
    assert table.numbers.to_list() == slow.numbers.to_list()
    assert table.unread == slow.unread
    found, expected = (
        [{name: row[name] or None for name in row} for row in one.raw.to_dicts()] for one in (table, slow)
    )
    assert found == expected


def test_bytes_that_are_no_text_fail_their_own_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes((HEADER + PLAIN).encode() + b"u\xff,v1,video,view,2026-11-20T10:00:00Z,3\n" + PLAIN.encode())
    assert bad_rows(path, "events") == {3} == refused_by_the_ingest(path, "events")


def test_a_missing_column_is_an_error_as_in_the_ingest(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("user,item_id,kind,action,at\nu1,v1,video,view,2026-11-20T10:00:00Z\n")
    with pytest.raises(Exception, match="rename user to user_id") as error:
        validate(path, "events", PipelineConfig(), NOW, LATEST, Usual(), accepted=False)
    assert not isinstance(error.value, RecordError)
