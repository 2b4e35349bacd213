"""Rows become videos, articles, events and readers as a user would expect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shortlist.core.errors import RecordError
from shortlist.core.types import Article, Attributed, Event, Reader, Segment, Video
from shortlist.ingest.records import articles, events, readers, videos
from shortlist.ingest.tables.rows import Row


def video(**values: Any) -> Video:
    return videos.video_from_row(Row("t:1", {"id": "v", "title": "V", **values}))


def article(**values: Any) -> Article:
    return articles.article_from_row(Row("t:1", values))


def event(**values: Any) -> Event:
    usual = {"user_id": "u", "item_id": "v", "kind": "video", "action": "view", "at": "2026-11-20T12:00:00Z"}
    return events.event_from_row(Row("t:1", usual | values))


def test_a_full_video() -> None:
    found = video(
        channel="C", url="https://example.org/v", duration="PT1M", published="2026-11-20T12:00:00+02:00", language="EN",
        description="D", category="Food", tags="bread, oven", transcript="Hello there. Bye.",
        views=3, note="", gone=None,
    )  # fmt: skip
    assert (found.channel, found.duration_s, found.language, found.description) == ("C", 60.0, "en", "D")
    assert found.published == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert found.enrichment.category == Attributed("Food", "given")
    assert (found.enrichment.tags, found.enrichment.tags_made_by) == (("bread", "oven"), "given")
    assert found.transcript.segments == (Segment("Hello there."), Segment("Bye."))
    assert found.metadata == {"views": 3}


def test_timed_segments_and_those_of_captions_that_overlap() -> None:
    timed = video(segments=[{"start": 0, "end": 2.5, "text": "One."}, {"start": 3, "end": 4, "text": "Two."}])
    assert timed.transcript.segments == (Segment("One.", 0, 2.5), Segment("Two.", 3, 4))
    rolling = video(transcript='[{"start": 0, "duration": 5, "text": "a"}, {"start": 2, "text": "b"}]')
    assert rolling.transcript.segments == (Segment("a", 0, 2), Segment("b", 2, 2))


@pytest.mark.parametrize(
    "segments",
    [[{"start": 5, "end": 6, "text": "a"}, {"start": 1, "end": 2, "text": "b"}], [{"end": 2, "text": "b"}], 3, [[1]]],
)
def test_segments_that_are_none(segments: Any) -> None:
    with pytest.raises(RecordError):
        video(segments=segments)


@pytest.mark.parametrize("blank", ["", "  \n ", None, []])
def test_a_blank_transcript_is_an_empty_one(blank: Any) -> None:
    assert video(transcript=blank).transcript.segments == ()


def test_speech_without_punctuation_is_cut_into_pieces() -> None:
    found = video(transcript="so um " * 100)
    assert [len(segment.text.split()) for segment in found.transcript.segments] == [40] * 5


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"title": " "}, "video without a title"),
        ({"id": ["v"]}, "bad video id"),
        ({"id": "a\nb"}, "printable characters"),
        ({"id": "a" * 600}, "at most 512"),
        ({"duration": float("nan")}, "bad duration"),
        ({"duration": "-3"}, "bad duration"),
        ({"published": "2026-11-20T12:00:00"}, "a time with a zone"),
        ({"title": ["a"]}, "bad title"),
    ],
)
def test_videos_that_are_refused(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(RecordError, match=problem):
        video(**values)


def test_an_id_is_never_a_path() -> None:
    assert video(id="../../etc/passwd").id == "../../etc/passwd"


def test_who_made_a_summary_is_kept() -> None:
    assert video(summary="S").enrichment.summary == Attributed("S", "given")
    assert video(summary="S", summary_made_by="qwen/summary@1").enrichment.summary == Attributed("S", "qwen/summary@1")


def test_an_article_without_id_is_known_by_its_normalised_text() -> None:
    one, same, other = (
        article(title="A  title", body="b"),
        article(title="a TITLE", body="B"),
        article(title="A", body="b"),
    )
    assert one.id == same.id != other.id
    assert article(id="7", title="A").id == "7"


def test_an_article_without_title_takes_its_first_sentence() -> None:
    assert article(body="It rained. Then it snowed.").title == "It rained."
    with pytest.raises(RecordError, match="empty article"):
        article(id="1", category="World")


def test_a_full_event() -> None:
    found = event(dwell_s="12.5", request_id="r", position="2", variant="b", event_id="e")
    assert (found.dwell_s, found.request_id, found.position, found.variant) == (12.5, "r", 2, "b")
    assert found.event_id == "e"
    assert event().event_id == event(dwell_s=3).event_id != event(action="like").event_id


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"kind": "view", "action": "video"}, "swapped columns.*swap the two column names"),
        ({"kind": "podcast"}, "bad kind: expected one of article, video, channel, found 'podcast'"),
        ({"action": "buy"}, "bad action"),
        ({"kind": "channel", "item_id": "NASA", "action": "like"}, "bad action on a channel: expected dislike"),
        ({"at": "2026-11-20 12:00"}, "a time with a zone"),
        ({"at": ""}, "no event time"),
        ({"dwell_s": "nan"}, "bad dwell time"),
        ({"dwell_s": -1}, "bad dwell time"),
        ({"user_id": ""}, "no user id"),
        ({"position": "first"}, "bad position"),
    ],
)
def test_events_that_are_refused(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(RecordError, match=problem):
        event(**values)


def test_a_reader() -> None:
    row = Row("t:1", {"user_id": "u", "created": "2026-11-20", "interests": "moon, bread", "name": "x"})
    assert readers.reader_from_row(row) == Reader("u", datetime(2026, 11, 20, tzinfo=UTC), ("moon", "bread"))
