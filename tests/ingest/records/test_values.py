"""Single values: what is read, and what is refused with expected and found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.errors import RecordError
from shortlist.ingest.records import values

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given_as", "seconds"),
    [
        (63, 63), (63.5, 63.5), ("63", 63), (" 63.5 ", 63.5), ("PT1M3S", 63), ("pt1m3s", 63), ("P1DT1S", 86401),
        ("P0D", 0), ("1:03", 63), ("01:02:03", 3723), ("0:00:01.5", 1.5), (timedelta(seconds=63), 63), ("", None),
        (None, None),
    ],
)  # fmt: skip
def test_durations(given_as: Any, seconds: float | None) -> None:
    assert values.seconds(given_as, "duration") == seconds


@pytest.mark.parametrize(
    "bad", [float("nan"), float("inf"), -1, "-1", "-PT3S", "NaN", "1e999", "soon", "1:2:3:4", True, [63], "PT", "1:3"]
)
def test_durations_that_are_none(bad: Any) -> None:
    with pytest.raises(RecordError, match="bad duration: expected finite seconds, 0 or more"):
        values.seconds(bad, "duration")


@pytest.mark.parametrize(
    "given_as",
    [
        "2026-11-20T12:00:00Z", "2026-11-20 13:00:00+01:00", 1795176000, "1795176000", 1795176000.0, NOON,
        NOON.astimezone(timezone(timedelta(hours=5))),
    ],
)  # fmt: skip
def test_times(given_as: Any) -> None:
    assert values.moment(given_as, "time") == NOON
    assert values.moment(given_as, "time", days=True) == NOON


@pytest.mark.parametrize("bad", ["2026-11-20T12:00:00", "2026-11-20", datetime(2026, 11, 20)])
def test_a_time_without_a_zone_is_refused(bad: Any) -> None:
    with pytest.raises(RecordError, match=r"bad time: expected a time with a zone, found .*2026-11-24T08:00:00Z"):
        values.moment(bad, "time")


@pytest.mark.parametrize("day", ["2026-11-20", "20261120", 20261120])
def test_a_day_of_publication_has_no_zone_to_miss(day: Any) -> None:
    assert values.moment(day, "published time", days=True) == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize("year", [2019, "2019", 201905, "20261120", 20261120, 1.5])
def test_a_year_or_a_day_is_no_second_of_1970(year: Any) -> None:
    with pytest.raises(RecordError, match=r"bad time: expected a time .*; write it as 2026"):
        values.moment(year, "time")


@pytest.mark.parametrize("bad", ["yesterday", float("nan"), True, [1], "2026-13-01T00:00:00Z", 10**30])
def test_times_that_are_none(bad: Any) -> None:
    with pytest.raises(RecordError, match="bad time: expected a time"):
        values.moment(bad, "time")


@pytest.mark.parametrize(
    "given_as",
    [["moon", "#space", "moon"], "moon, space", "['moon', 'space']", '["moon", "space", ""]', "#moon,#space"],
)
def test_tags(given_as: Any) -> None:
    assert values.tags(given_as, "tags") == ("moon", "space")


def test_tags_with_an_apostrophe_written_by_python() -> None:
    assert values.tags("""['phones', "world's first"]""", "tags") == ("phones", "world's first")


def test_languages() -> None:
    assert values.language("EN_us", "language") == "en-us"
    assert values.language(" ", "language") is None
    with pytest.raises(RecordError, match="a code as en or pt-BR, found 'English please'"):
        values.language("English please", "language")


def test_ids_are_kept_verbatim() -> None:
    assert values.identifier("../etc/passwd", "id") == "../etc/passwd"
    assert values.identifier(17, "id") == "17"
    for bad in (None, " ", 17.0, True, ["a"]):
        with pytest.raises(RecordError):
            values.identifier(bad, "id")


def test_whole_numbers() -> None:
    assert values.integer("3", "position") == 3
    assert values.integer(3.0, "position") == 3
    for bad in (-1, 1.5, "x", float("nan"), True):
        with pytest.raises(RecordError):
            values.integer(bad, "position")


@given(st.integers(0, 10**6))
def test_all_writings_of_a_duration_agree(seconds: int) -> None:
    minutes, rest = divmod(seconds, 60)
    written: list[Any] = [seconds, str(seconds), f"PT{minutes}M{rest}S"]
    written += [f"{minutes}:{rest:02d}"] if minutes < 10_000 else []
    assert {values.seconds(one, "duration") for one in written} == {float(seconds)}


@given(st.text() | st.floats() | st.integers() | st.booleans())
def test_anything_is_read_or_refused(value: Any) -> None:
    for parse in (values.seconds, values.moment, values.language, values.tags, values.text, values.integer):
        said = "expected, found"
        try:
            parse(value, "value")
        except RecordError as error:
            said = str(error)
        assert "expected" in said
        assert "found" in said
