"""Bad input never stops a stream and is never lost: it comes out as a failure that names its line."""

from __future__ import annotations

import gzip
import json
import tempfile
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from shortlist.core.errors import RecordError, UsageError
from shortlist.ingest.records.videos import COLUMNS, video_from_row
from shortlist.ingest.tables.delimited import csv_rows
from shortlist.ingest.tables.read import rows
from shortlist.ingest.tables.rows import Columns, Failure, ParsedRecord, Row, records

TextFile = Callable[[str, str | bytes], Path]
Reasons = Callable[[list[Row | Failure]], dict[str, str]]

ID_AND_TITLE = Columns(required=(("id",), ("title",)), aliases={"videoId": "id"})
GOOD = '{"id": "a", "title": "A"}'


def values(source: Path, columns: Columns | None = None) -> list[Any]:
    return [entry.values if isinstance(entry, Row) else entry for entry in rows(source, columns)]


@pytest.mark.parametrize("name", ["table.jsonl", "table.jsonl.gz"])
def test_json_lines_plain_and_packed(jsonl: Callable[..., Path], name: str) -> None:
    made = jsonl({"id": "a"}, {"id": "b"}, name=name)
    assert values(made) == [{"id": "a"}, {"id": "b"}]
    assert values(made.rename(made.with_name(name.upper()))) == [{"id": "a"}, {"id": "b"}]


def test_csv_and_parquet_give_the_same_rows(text_file: TextFile, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": ["a", "b"], "title": ["x, y", "two\nlines"]}), tmp_path / "t.parquet")
    by_csv = values(text_file("t.csv", 'id,title\na,"x, y"\nb,"two\nlines"\n'))
    assert (
        by_csv == values(tmp_path / "t.parquet") == [{"id": "a", "title": "x, y"}, {"id": "b", "title": "two\nlines"}]
    )


def test_places_are_lines_even_after_a_field_of_several_lines(text_file: TextFile) -> None:
    source = text_file("t.csv", 'id,title\na,"two\nlines"\n\nb,B\n')
    assert [entry.where for entry in rows(source)] == [f"{source}:2", f"{source}:5"]


def test_broken_json_lines_fail_alone(text_file: TextFile, reasons: Reasons) -> None:
    lines = [GOOD, '{"id": "b", "ti', "[1, 2]", "", "null", '{"id": "c"}', '{"id": "d", "title": "x\\u0000y"}', GOOD]
    found = list(rows(text_file("t.jsonl", "\n".join(lines)), ID_AND_TITLE))
    why = reasons(found)
    assert sum(isinstance(entry, Row) for entry in found) == 2
    assert list(why) == ["2", "3", "5", "6", "7"]
    assert 'not JSON: expected one whole object, found "EOF while parsing a string at character 15"' in why["2"]
    assert "found a list" in why["3"]
    assert "missing column title" in why["6"]
    assert "NUL character in title" in why["7"]


def test_wrong_encoding_names_line_byte_and_what_was_expected(text_file: TextFile, reasons: Reasons) -> None:
    latin = f'{GOOD}\n{{"id": "b", "title": "caf\xe9"}}\n{GOOD}\n'.encode("latin-1")
    why = reasons(list(rows(text_file("t.jsonl", latin))))
    assert list(why) == ["2"]
    assert "expected UTF-8, found byte 0xE9 at byte 26 of the line" in why["2"]
    why = reasons(list(rows(text_file("t.csv", "id,title\na,ok\nb,caf\xe9\nc,ok\n".encode("latin-1")))))
    assert list(why) == ["3"]
    assert "wrong encoding in title: expected UTF-8, found byte 0xE9 at character 4" in why["3"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(text_file: TextFile) -> None:
    assert values(text_file("t.csv", "id,title\na,A\n".encode("utf-8-sig"))) == [{"id": "a", "title": "A"}]
    assert values(text_file("t.jsonl", GOOD.encode("utf-8-sig"))) == [{"id": "a", "title": "A"}]


def test_utf_16_is_named(text_file: TextFile) -> None:
    with pytest.raises(UsageError, match="expected UTF-8, found UTF-16"):
        list(rows(text_file("t.csv", "id,title\n".encode("utf-16"))))


def test_csv_rows_of_another_length_fail_alone(text_file: TextFile, reasons: Reasons) -> None:
    found = list(rows(text_file("t.csv", "id,title\na\nb,B,extra\nc,C\nd,x\0y\n")))
    why = reasons(found)
    assert "expected 2, found 1" in why["2"]
    assert "expected 2, found 3" in why["3"]
    assert "NUL" in why["5"]
    assert found[2].where.endswith(":4")


def test_a_transcript_of_ten_megabytes_is_fine(text_file: TextFile) -> None:
    spoken = "word " * 2_000_000
    source = text_file("t.csv", f'id,title,transcript\na,A,"{spoken}"\n')
    (found,) = records(rows(source, COLUMNS), video_from_row)
    assert not isinstance(found, Failure)
    assert len(found.record.transcript.text) == len(spoken) - 1


@pytest.mark.parametrize(
    ("name", "found"), [("none.jsonl", "no such file"), ("t.ods", "the suffix .ods"), ("folder.csv", "a folder")]
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, found: str) -> None:
    (tmp_path / "t.ods").write_text("x")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError, match=f"not a table: expected .* found {found}"):
        list(rows(tmp_path / name))


def test_an_archive_that_ends_too_soon(text_file: TextFile) -> None:
    packed = gzip.compress(f"{GOOD}\n".encode() * 10_000)
    with pytest.raises(RecordError, match="damaged archive: expected a whole gzip file"):
        list(rows(text_file("t.jsonl.gz", packed[:-20])))
    with pytest.raises(RecordError, match="damaged archive"):
        list(rows(text_file("t.jsonl.gz", GOOD)))


def test_a_parquet_file_that_is_none(text_file: TextFile) -> None:
    with pytest.raises(UsageError, match="expected a whole Parquet file"):
        list(rows(text_file("t.parquet", b"PAR1 is not enough")))


def test_missing_columns_name_what_was_found_and_what_is_close(text_file: TextFile) -> None:
    with pytest.raises(UsageError) as caught:
        list(rows(text_file("t.csv", "identifier,titel,views\n1,A,3\n"), ID_AND_TITLE))
    message = str(caught.value)
    assert "expected the columns id, title, found identifier, titel, views" in message
    assert "rename identifier to id and titel to title" in message


def test_one_column_is_suggested_once(text_file: TextFile) -> None:
    with pytest.raises(UsageError) as caught:
        list(rows(text_file("t.csv", "video title,views\nA,3\n"), Columns((("title",), ("subtitle",)))))
    assert str(caught.value).endswith("rename video title to title, or add --map title='video title'")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_decides_the_delimiter(text_file: TextFile, delimiter: str) -> None:
    text = 'id,title\na,"A; B, C | D\tE"\n'.replace(",", delimiter, 1).replace("a,", f"a{delimiter}")
    assert values(text_file("t.csv", text)) == [{"id": "a", "title": "A; B, C | D\tE"}]


def workbook(path: Path, *lines: Sequence[object]) -> Path:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)
    return path


def test_a_workbook_with_its_dates(tmp_path: Path) -> None:
    header = ["Id", "Title", "Published", "Duration", None]
    day, moment = datetime(2026, 11, 24), datetime(2026, 11, 24, 8, 30)
    lines = (
        [7, "A", day, time(0, 1, 3), None],
        [None] * 5,
        ["b", "B", moment, 63.0, "note"],
        ["c", "C", 46350.5, None, None],
    )
    found = list(records(rows(workbook(tmp_path / "t.xlsx", header, *lines), COLUMNS), video_from_row))
    videos = [entry.record for entry in found if isinstance(entry, ParsedRecord)]
    assert [video.id for video in videos] == ["7", "b", "c"]
    assert [video.duration_s for video in videos] == [63, 63, None]
    assert [video.published for video in videos] == [
        day.replace(tzinfo=UTC), moment.replace(tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)
    ]  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and no more", b"id,title\n"])
def test_a_workbook_that_is_none(text_file: TextFile, data: bytes) -> None:
    with pytest.raises(UsageError, match="unreadable table: expected an Excel workbook"):
        list(rows(text_file("t.xlsx", data), COLUMNS))


def test_a_workbook_that_unpacks_to_gigabytes_is_not_opened(tmp_path: Path) -> None:
    source = workbook(tmp_path / "t.xlsx", ["id", "title"])
    data = bytearray(source.read_bytes())
    entry = data.rfind(b"PK\x01\x02")  # the last entry of the directory; its size unpacked is 24 bytes on
    data[entry + 24 : entry + 28] = (2_000_000_000).to_bytes(4, "little")
    source.write_bytes(data)
    with pytest.raises(UsageError, match="too large: expected at most 100,000,000 bytes when unpacked"):
        list(rows(source, COLUMNS))


@pytest.mark.parametrize(("header", "advice"), [("id title", "found id title"), ("", "found none")])
def test_headers_that_are_none(text_file: TextFile, header: str, advice: str) -> None:
    with pytest.raises(UsageError, match=advice):
        list(rows(text_file("t.csv", header), ID_AND_TITLE))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'"id,title\na,A\n', "one that opens here and never closes"),
        (b"id,title\ra,A\r", "CR alone"),
        (b"id,title,r\xe9gion\na,A,x\n", "expected UTF-8, found byte 0xE9"),
    ],
)
def test_headers_that_cannot_be_read_say_why(text_file: TextFile, text: bytes, found: str) -> None:
    with pytest.raises(UsageError, match=f"unreadable header: .*{found}"):
        list(rows(text_file("t.csv", text), ID_AND_TITLE))


def test_a_column_that_comes_twice_is_refused(text_file: TextFile) -> None:
    with pytest.raises(UsageError, match="title more than once"):
        list(rows(text_file("t.csv", "id,title,title\n1,A,B\n"), ID_AND_TITLE))


def test_columns_in_any_order_in_any_case_and_by_alias(text_file: TextFile) -> None:
    assert values(text_file("t.csv", "Title,videoId\nA,1\n"), ID_AND_TITLE) == [{"title": "A", "id": "1"}]
    # The name itself goes before its alias, which is then kept as it is.
    both = values(text_file("t.csv", "videoId,id,title\nx,1,A\n"), ID_AND_TITLE)
    assert both == [{"videoId": "x", "id": "1", "title": "A"}]


def test_thousands_of_rows_stream_in_flat_memory(tmp_path: Path) -> None:
    line = json.dumps({"id": "a", "title": "A", "transcript": "word " * 200})
    for name, text in (("t.jsonl", f"{line}\n" * 4000), ("t.csv", "id,title\n" + f"a,{'word ' * 200}\n" * 4000)):
        (tmp_path / name).write_text(text)
        tracemalloc.start()
        n_rows = sum(1 for _ in rows(tmp_path / name))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert n_rows == 4000
        assert peak < 1_000_000  # of a file of 4 MB


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(COLUMNS.names) | st.text(max_size=5), json_values, max_size=8))
def test_any_row_becomes_a_video_or_a_failure_that_says_what_to_do(row: dict[str, Any]) -> None:
    (found,) = records([Row("t:1", row)], video_from_row)
    if isinstance(found, Failure):
        assert "expected" in found.reason
        assert "found" in found.reason


@given(st.binary(max_size=200))
def test_any_bytes_stream(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("t.csv", "t.jsonl"):
            source = Path(folder, name)
            source.write_bytes(data)
            said, found = "expected", []
            try:
                found = list(rows(source))
            except UsageError as error:
                said = str(error)
            assert "expected" in said
            assert all(one.where.startswith(str(source)) for one in found)


def test_one_value_that_python_cannot_hold_fails_its_row(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    times = pa.array([0, 400_000_000_000_000_000], pa.timestamp("us", "UTC"))  # the second lies after the year 9999
    pq.write_table(pa.table({"id": ["a", "b"], "title": ["x", "y"], "published": times}), tmp_path / "t.parquet")
    good, bad = rows(tmp_path / "t.parquet", COLUMNS)
    assert isinstance(good, Row)
    assert isinstance(bad, Failure)
    assert "unreadable published" in bad.reason


def test_a_parquet_file_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["x"]), pa.array(["y"])], names=["id", "title", "title"])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(UsageError, match="title more than once"):
        list(rows(tmp_path / "t.parquet", COLUMNS))


def test_a_quote_that_never_closes_costs_its_own_row(text_file: TextFile) -> None:
    good = [f'r{n},"Title, {n}"' for n in range(200)]
    lines = ["id,title", *good[:2], 'odd,"never closed', *good[2:100], 'odd2,"nor this', *good[100:]]
    found = list(rows(text_file("t.csv", "\n".join(lines) + "\n"), COLUMNS))
    assert [row.values["id"] for row in found if isinstance(row, Row)] == [f"r{n}" for n in range(200)]
    failures = [one for one in found if isinstance(one, Failure)]
    assert [one.where.rsplit(":", 1)[1] for one in failures] == ["4", "103"]
    assert all("one that opens here and never closes" in one.reason for one in failures)
    assert [row.where.rsplit(":", 1)[1] for row in found if isinstance(row, Row)][-1] == "203"


def test_a_file_of_open_quotes_is_reported_line_by_line_and_given_up_at_length(text_file: TextFile) -> None:
    source = text_file("t.csv", "id,title\n" + 'a,"open\nb,B\nc,C\n' * 3)
    found = list(rows(source, COLUMNS))
    assert [one.where.rsplit(":", 1)[1] for one in found if isinstance(one, Failure)] == ["2", "5", "8"]
    assert len([one for one in found if isinstance(one, Row)]) == 6
    *_, last = csv_rows(source, COLUMNS, read_again=6)
    assert isinstance(last, Failure)
    assert "lines 5 to 10 were not read" in last.reason


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz", "t.csv"])
def test_a_line_without_end_fails_alone_and_is_never_in_memory(tmp_path: Path, name: str) -> None:
    """80 kB packed are a line of 80 MB."""
    source = tmp_path / name
    first, last = (b"a\n", b"fine\n") if name.endswith(".csv") else (b'{"a": "good"}\n', b'{"a": "fine"}\n')
    with gzip.open(source, "wb") if name.endswith(".gz") else source.open("wb") as file:
        file.write(first)
        for _ in range(80):
            file.write(b" " * 1_000_000)
        file.write(b"\n" + last)
    tracemalloc.start()
    read = list(rows(source, Columns((("a",),))))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000
    *_, long, fine = read
    assert isinstance(long, Failure)
    assert long.where == f"{source}:2"
    assert "line too long: expected at most 16,000,000 bytes" in long.reason
    assert isinstance(fine, Row)
    assert fine.values == {"a": "fine"}
