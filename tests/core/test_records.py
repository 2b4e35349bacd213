"""Records refuse bad values and derive others."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.errors import ConfigError, RecordError, UnknownReader
from shortlist.core.ranking import Query, Ranking, Request, Stage
from shortlist.core.types import Article, Attributed, Enrichment, Event, Reader, Segment, Transcript, Video

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("bad", ["", "  ", " a", "a\n", "a\x00b", "x" * 513, "\u202eabc"])
def test_ids_are_checked(bad: str) -> None:
    with pytest.raises(RecordError, match="bad video id"):
        Video(bad, "title")


def test_an_id_that_looks_like_a_path_is_only_an_id() -> None:
    assert Video("../../etc/passwd", "title").id == "../../etc/passwd"


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
def test_durations_are_finite_and_not_negative(seconds: float) -> None:
    with pytest.raises(RecordError, match="duration"):
        Video("v", "title", duration_s=seconds)
    with pytest.raises(RecordError, match="dwell"):
        Event("u", "v", "video", "view", NOON, dwell_s=seconds)


def test_times_need_a_zone() -> None:
    with pytest.raises(RecordError, match="a time with a zone"):
        Event("u", "v", "video", "view", datetime(2026, 11, 24, 12))


@pytest.mark.parametrize("hours", [14, -14])
def test_times_exist_in_utc(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    edge = datetime(1, 1, 1, tzinfo=zone) if hours > 0 else datetime(9999, 12, 31, 23, tzinfo=zone)
    with pytest.raises(RecordError, match="years 1 to 9999 in UTC"):
        Event("u", "v", "video", "view", edge)
    with pytest.raises(RecordError, match="years 1 to 9999 in UTC"):
        Video("v", "title", published=edge)


@pytest.mark.parametrize("number", [-1, 2**31, 10**5000], ids=["negative", "33 bits", "5,000 digits"])
def test_numbers_fit_everywhere(number: int) -> None:
    with pytest.raises(RecordError, match="bad position"):
        Event("u", "v", "video", "view", NOON, position=number)
    with pytest.raises(RecordError, match="bad dwell time"):
        Event("u", "v", "video", "view", NOON, dwell_s=number if number < 0 else 10 * number)


HALF = "half a pair \ud800"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Video("v", HALF),
        lambda: Video("v", "title", channel=HALF),
        lambda: Video("v", "title", description=HALF),
        lambda: Article("a", "title", HALF),
        lambda: Segment(HALF),
        lambda: Attributed(HALF, "given"),
        lambda: Enrichment(tags=(HALF,), tags_made_by="given"),
        lambda: Reader("r", interests=(HALF,)),
        lambda: Event("u", "v", "video", "view", NOON, request_id=HALF),
        lambda: Request("u", wish=HALF),
        lambda: Query(k=1, text=HALF),
    ],
)
def test_texts_are_whole(make: Callable[[], object]) -> None:
    with pytest.raises(RecordError, match="expected valid Unicode") as caught:
        make()
    assert str(caught.value).isprintable()


def test_timed_segments_never_overlap() -> None:
    Transcript((Segment("a", 0, 2), Segment("b", 2, 4)))
    with pytest.raises(RecordError, match="overlap"):
        Transcript((Segment("a", 0, 2), Segment("b", 1, 4)))


def test_the_text_of_a_transcript_skips_blanks() -> None:
    assert Transcript((Segment(" a "), Segment("  "), Segment("b"))).text == "a b"


def test_an_event_is_named_by_what_happened() -> None:
    first = Event("u", "v", "video", "view", NOON, dwell_s=3)
    again = Event("u", "v", "video", "view", NOON, dwell_s=9)
    other = Event("u", "v", "video", "like", NOON)
    assert first.event_id == again.event_id != other.event_id


@pytest.mark.parametrize("make", [lambda: Article("a", " "), lambda: Video("v", ""), lambda: Reader("")])
def test_blank_names_are_refused(make: object) -> None:
    with pytest.raises(RecordError):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("k", [0, -1, 1001])
def test_k_has_limits(k: int) -> None:
    with pytest.raises(RecordError, match="1 to 1000"):
        Query(k)


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(RecordError) as caught:
        Transcript(origin="x" * 10_000)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 400


@given(st.dictionaries(st.text(min_size=1), st.floats(-1e9, 1e9)))
def test_a_ranking_is_sorted_by_score_then_id(scored: dict[str, float]) -> None:
    ranking = Ranking.of(scored, "test")
    assert list(ranking.ids) == sorted(scored, key=lambda item: (-scored[item], item))
    assert [stage.rank for stage in ranking.stages.values()] == list(range(1, len(scored) + 1))


def test_stages_give_rank_and_score() -> None:
    assert Ranking.of({"a": 1.0, "b": 2.0}, "test").stages == {"b": Stage(1, 2.0), "a": Stage(2, 1.0)}


@pytest.mark.parametrize(
    ("ids", "scores", "message"),
    [
        (("a", "a"), [2, 1], "unique"),
        (("a", "b"), [1, 2], "high to low"),
        (("a",), [float("nan")], "finite"),
        (("a",), [1, 2], "one score"),
    ],
)
def test_a_ranking_refuses_what_is_none(ids: tuple[str, ...], scores: list[float], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        Ranking(ids, np.array(scores, dtype=np.float64), "test")


def test_an_error_travels_between_processes_whole() -> None:
    for error in (UnknownReader("bob", ("rob",)), ConfigError("x", expected="a", found="b", remedy="c")):
        back = pickle.loads(pickle.dumps(error))
        assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))
