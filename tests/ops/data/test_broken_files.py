"""A broken file fails alone, whatever is wrong with it or with its name."""

from __future__ import annotations

import errno
import gzip
import io
import os
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from shortlist.core.config import StoreConfig
from shortlist.core.errors import StateError
from shortlist.ops.data.arrivals import ingest_arrivals, take_arrivals, validate_arrivals
from shortlist.ops.data.faults import is_of_the_file, system_errors
from shortlist.ops.data.ledger import Arrival
from shortlist.ops.data.names import is_safe_name, safe_name
from shortlist.ops.data.workplace import Workplace

HEADER = "user_id,item_id,kind,action,at\n"
ROWS = [[f"u{n}", "v1", "video", "view", f"2026-11-20T10:00:{n:02}Z"] for n in range(12)]
COLUMNS = HEADER.strip().split(",")
LAST = ("done", "refused", "failed", "duplicate")


def delimited(separator: str) -> bytes:
    return "".join(f"{separator.join(row)}\n" for row in [COLUMNS, *ROWS]).encode()


def json_lines() -> bytes:
    frame = pl.DataFrame(ROWS, schema=COLUMNS, orient="row")
    return frame.write_ndjson().encode()


def parquet() -> bytes:
    file = io.BytesIO()
    pl.DataFrame(ROWS, schema=COLUMNS, orient="row").write_parquet(file)
    return file.getvalue()


def xlsx() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in [COLUMNS, *ROWS]:
        book.worksheets[0].append(row)
    book.save(file)
    return file.getvalue()


FILES: dict[str, bytes] = {
    ".csv": delimited(","), ".tsv": delimited("\t"), ".jsonl": json_lines(), ".jsonl.gz": gzip.compress(json_lines()),
    ".parquet": parquet(), ".xlsx": xlsx(), ".json": json_lines(), ".csv.gz": gzip.compress(delimited(",")),
}  # fmt: skip
MARKS = [b'"', b'""', b"'", b"\n", b"\r", b",", b"{", b"[" * 300, b"}", b"\0", b"\xff\xfe", b"\\", b'"\n"', b"9" * 400]


@st.composite
def broken(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file that is cut, or has marks put into it or in place of its bytes."""
    content = whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole
    for _ in range(draw(st.integers(0, 3))):
        at, mark = draw(st.integers(0, len(content))), draw(st.sampled_from(MARKS))
        content = content[:at] + mark + content[at + draw(st.sampled_from([0, 1, 40])) :]
    return content


def put(folder: Path, name: str | bytes, content: bytes) -> None:
    path = folder / "incoming" / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def run(place: Workplace) -> dict[str, Arrival]:
    found = {one.number: one for step in (take_arrivals, validate_arrivals, ingest_arrivals) for one in step(place)}
    return {one.name: one for one in found.values()}


def left(folder: Path) -> list[Path]:
    return [path for path in (folder / "processing").rglob("*") if path.is_file()]


@pytest.mark.parametrize("suffix", FILES)
def test_a_torn_or_badly_quoted_file_stops_no_other(workplace: Any, folder: Path, suffix: str) -> None:
    number = iter(range(10_000))

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(content=broken(FILES[suffix]), kind=st.sampled_from(["events", "events", "videos", "readers"]))
    def check(content: bytes, kind: str) -> None:
        one = next(number)
        put(folder, f"{kind}/broken{one}{suffix}", content)
        put(folder, "events/good.csv", f"{HEADER}w{one},v1,video,view,2026-11-20T10:00:00Z\n".encode())
        stored = place.home.catalogue.counts().events
        found = run(place)
        assert found[f"broken{one}{suffix}"].state in LAST
        assert (found["good.csv"].state, found["good.csv"].new) == ("done", 1)
        assert place.home.catalogue.counts().events >= stored + 1
        assert left(folder) == []

    with workplace() as place:
        check()


def test_a_file_with_no_good_line_says_why(workplace: Any, folder: Path) -> None:
    put(folder, "events/torn.csv", f'{HEADER}"u1,v1,video,view'.encode())
    with workplace() as place:
        [arrival] = run(place).values()
        assert (arrival.state, arrival.bad, arrival.rows) == ("done", 1, 1)
        assert "never closes" in (folder / arrival.quarantine).read_text()


MANY = [suffix for suffix in FILES if suffix not in (".json", ".csv.gz")]


@pytest.mark.integration
def test_of_a_thousand_files_the_good_ones_are_stored(workplace: Any, folder: Path) -> None:
    check_a_thousand_files(workplace, folder, None)


def test_of_a_thousand_files_the_good_ones_are_stored_in_postgresql(
    workplace: Any, folder: Path, postgres: Any
) -> None:
    check_a_thousand_files(workplace, folder, StoreConfig(catalogue=SecretStr(postgres.new_database())))


def check_a_thousand_files(workplace: Any, folder: Path, servers: StoreConfig | None) -> None:
    for one in range(900):
        put(folder, f"events/good{one}.csv", f"{HEADER}w{one},v1,video,view,2026-11-20T10:00:00Z\n".encode())
    for one in range(100):
        whole = FILES[MANY[one % len(MANY)]]
        put(folder, f"events/bad{one}{MANY[one % len(MANY)]}", b"\xff" + whole[: len(whole) * (one % 9) // 10])
    with workplace(servers=servers) as place:
        found = run(place)
        assert {found[f"good{one}.csv"].state for one in range(900)} == {"done"}
        assert sum(one.new for name, one in found.items() if name.startswith("good")) == 900
        assert len(found) == 1000
    assert left(folder) == []


NAMES = [b"\xff\xfe.csv", b"a\nb.csv", b"a\x1b[31mred.csv", "a\u202ecsv.exe".encode(), b"x" * 240 + b".csv"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_cannot_be_kept_fails_alone(workplace: Any, folder: Path, name: bytes) -> None:
    with workplace() as place:
        put(folder, b"articles/" + name, b"title,body\nMoon,It is round.\n")
        put(folder, "articles/good.csv", b"title,body\nSun,It is hot.\n")
        found = run(place)
        assert found.pop("good.csv").state == "done"
        [(safe, arrival)] = found.items()
        assert safe.isprintable()
        assert safe.encode()
        assert arrival.state == "failed"
        assert "cannot be kept" in arrival.why[0]
        assert (folder / arrival.kept).read_bytes().startswith(b"title")
        assert (folder / f"{arrival.kept}.why.txt").exists()
        assert run(place) == {}


@settings(max_examples=40, deadline=None)
@given(name=st.text(min_size=1, max_size=300).filter(lambda name: "\0" not in name))
def test_a_safe_name_is_safe_and_stays(name: str) -> None:
    safe = safe_name(name)
    assert safe_name(safe) == safe
    assert is_safe_name(safe)
    assert all(len(part.encode()) <= 200 for part in safe.split("/"))


def test_files_that_an_interrupted_run_took_are_work(workplace: Any, folder: Path) -> None:
    from shortlist.ops.pipeline.steps import STEPS, is_unfinished, state_of

    with workplace() as place:
        assert state_of(STEPS[0].inputs, place) is None
        for name in (b"\xff.csv", b"good.csv"):
            path = place.path("articles", os.fsdecode(name))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"title,body\nMoon,It is round.\n" + name[:1])
        assert state_of(STEPS[0].inputs, place) is not None
        assert is_unfinished(place)
        assert sorted(one.state for one in run(place).values()) == ["done", "failed"]
        assert state_of(STEPS[0].inputs, place) is None


def test_a_file_that_may_not_be_read_fails_alone(workplace: Any, folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    put(folder, "events/secret.csv", HEADER.encode())
    (folder / "incoming/events/secret.csv").chmod(0)
    put(folder, "events/good.csv", delimited(","))
    with workplace() as place:
        states = {name: one.state for name, one in run(place).items()}
    assert states == {"secret.csv": "failed", "good.csv": "done"}


OF_THE_FILE: list[tuple[Exception, bool]] = [
    (RecursionError(), True), (OverflowError("too large"), True), (pl.exceptions.ColumnNotFoundError("x"), True),
    (PermissionError(errno.EACCES, "denied"), True), (OSError(errno.ENOSPC, "full"), False),
    (OSError(errno.EIO, "broken disk"), False), (ImportError("pyarrow"), False),
    (StateError("locked", expected="a", found="b", remedy="c"), False),
]  # fmt: skip


@pytest.mark.parametrize(("error", "expected"), OF_THE_FILE, ids=lambda one: repr(one)[:30])
def test_only_what_is_wrong_with_the_file_is_its_fault(error: Exception, expected: bool, tmp_path: Path) -> None:
    assert is_of_the_file(error, tmp_path) is expected


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), MemoryError()])
def test_an_error_of_the_machine_says_what_to_do(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="free some"), system_errors(tmp_path):
        raise error
