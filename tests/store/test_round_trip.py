"""Whatever record is valid comes back equal to what was put."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shortlist.core.errors import RecordError
from shortlist.core.types import (
    ACTIONS,
    KINDS,
    ORIGINS,
    Article,
    Attributed,
    Enrichment,
    Event,
    Reader,
    Segment,
    Transcript,
    Video,
)
from shortlist.store.home import Home

ids = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40)
texts = st.text(max_size=60)
titles = texts.filter(lambda text: text.strip() != "")
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=zones)
past_times = st.datetimes(datetime(1900, 1, 1), datetime(2026, 1, 1), timezones=zones)
seconds = st.floats(0, 1e9) | st.integers(0, 10**6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
metadata = st.dictionaries(texts, json_values, max_size=3)
made = st.builds(Attributed, texts, titles)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    bounds = sorted(draw(st.lists(st.floats(0, 1e5), max_size=6)))
    timed = zip(bounds[::2], bounds[1::2], strict=False)
    segments = [Segment(draw(texts), start, end) for start, end in timed]
    segments += [Segment(text) for text in draw(st.lists(texts, max_size=2))]
    return Transcript(tuple(segments), draw(st.none() | texts), draw(st.sampled_from(ORIGINS)))


@st.composite
def enrichments(draw: st.DrawFn) -> Enrichment:
    optional = st.none() | made
    tags = tuple(draw(st.lists(texts, max_size=3)))
    return Enrichment(draw(optional), draw(optional), tags, draw(titles) if tags else None, draw(optional))


videos = st.builds(
    Video,
    id=ids,
    title=titles,
    channel=st.none() | texts,
    url=st.none() | texts,
    duration_s=st.none() | seconds,
    published=st.none() | times,
    language=st.none() | texts,
    description=texts,
    transcript=transcripts(),
    enrichment=enrichments(),
    metadata=metadata,
)
articles = st.builds(Article, ids, titles, texts, st.none() | texts, st.none() | times, metadata)
readers = st.builds(Reader, ids, st.none() | times, st.lists(texts, max_size=3).map(tuple))
events = st.builds(
    Event,
    user_id=ids,
    item_id=ids,
    kind=st.sampled_from(KINDS),
    action=st.sampled_from(ACTIONS),
    at=past_times,
    dwell_s=st.none() | seconds,
    event_id=st.just("") | ids,
    request_id=st.none() | texts,
    position=st.none() | st.integers(0, 2**31 - 1),
    variant=st.none() | texts,
)

many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with Home.open(tmp_path_factory.mktemp("round") / "home", "hash-32") as opened:
        yield opened


@many
@given(batch=st.lists(videos, max_size=4))
def test_videos(shared_home: Home, batch: list[Video]) -> None:
    latest = {video.id: video for video in batch}
    with shared_home.writing():
        put = shared_home.catalogue.videos.put(batch)
        again = shared_home.catalogue.videos.put(list(latest.values()))
    assert put.new + put.changed + put.unchanged == len(batch)
    assert (again.new, again.changed, again.unchanged) == (0, 0, len(latest))
    assert shared_home.catalogue.videos.get_many(latest) == latest
    assert latest.items() <= {video.id: video for _, video in shared_home.catalogue.videos.iterate()}.items()


@many
@given(batch=st.lists(articles, max_size=4))
def test_articles(shared_home: Home, batch: list[Article]) -> None:
    with shared_home.writing():
        shared_home.catalogue.articles.put(batch)
    latest = {article.id: article for article in batch}
    assert shared_home.catalogue.articles.get_many(latest) == latest


@many
@given(batch=st.lists(readers, max_size=4))
def test_readers(shared_home: Home, batch: list[Reader]) -> None:
    put = shared_home.catalogue.readers.put(batch)
    assert put.new + put.changed + put.unchanged == len(batch)
    for reader in {reader.id: reader for reader in batch}.values():
        assert shared_home.catalogue.readers.get(reader.id) == reader


@many
@given(event=events)
def test_events(shared_home: Home, event: Event) -> None:
    key = event.user_id, event.event_id
    known = {(kept.user_id, kept.event_id): kept for _, kept in shared_home.catalogue.events.iterate()}
    assert shared_home.catalogue.events.add([event, event]) == (key not in known)
    kept = {(kept.user_id, kept.event_id): kept for _, kept in shared_home.catalogue.events.iterate()}
    assert kept[key] == known.get(key, event)
    assert shared_home.catalogue.readers.get(event.user_id).id == event.user_id


def test_an_event_comes_back_equal(home: Home) -> None:
    at = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    event = Event("ann", "moon", "video", "view", at, 12.5, "e1", "r7", 3, "default")
    home.catalogue.events.add([event])
    assert home.catalogue.events.newest(["ann"], 5) == {"ann": [event]}
    assert home.catalogue.readers.get("ann") == Reader("ann", at.astimezone(UTC))


def test_what_cannot_be_stored_is_refused_with_its_id(home: Home) -> None:
    broken = Video("a", "fine", metadata={"when": datetime(2026, 1, 1, tzinfo=UTC)})
    with home.writing(), pytest.raises(RecordError, match="cannot store 'a'"):
        home.catalogue.videos.put([Video("b", "sound"), broken])
    assert home.catalogue.videos.ids() == []


def test_a_transcript_of_ten_megabytes(home: Home) -> None:
    long = Video("long", "Long", transcript=Transcript(tuple(Segment("word " * 200) for _ in range(10_000))))
    with home.writing():
        home.catalogue.videos.put([long])
    assert home.catalogue.videos.get("long") == long
