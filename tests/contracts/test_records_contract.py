"""The tables that agent and index read: of the catalogue, of an evaluation, and of the double in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shortlist.agent.reader.records import Records, load_profiles
from shortlist.core.config import ProfileConfig
from shortlist.core.errors import UnknownReader
from shortlist.core.types import Action, Article, Attributed, Enrichment, Event, Kind, Outline, Reader, Video
from shortlist.eval.data.dataset import DataSet, EvalQuery
from shortlist.eval.data.dataset import Item as EvalItem
from shortlist.eval.tasks.records import TaskRecords
from shortlist.eval.tasks.task import Task
from shortlist.store.catalogue.results import Activity
from shortlist.store.home import Home
from tests.memory_catalogue import MemoryCatalogue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GUESS = Enrichment(category=Attributed("Food", "zero-shot:hash-32"), summary=Attributed("Bread of rye.", "given"))
VIDEOS = [
    Video("moon", "Dust on the Moon", duration_s=60.0, enrichment=Enrichment(category=Attributed("Sci/Tech", "given"))),
    Video("bread", "Rye bread", enrichment=GUESS),
    Video("same", "A video"),
]
ARTICLES = [
    Article("same", "An article", category="Food", enrichment=Enrichment(category=Attributed("Food", "a model"))),
    Article("probe", "A probe lands", "on the Moon", "Sci/Tech"),
]
READERS = [Reader("ann", interests=("space",)), Reader("bob"), Reader("new")]


def event(user: str, item: str, minute: int, action: Action = "view", kind: Kind = "video") -> Event:
    return Event(user, item, kind, action, NOON + timedelta(minutes=minute))


EVENTS = [
    event("ann", "moon", 3),
    event("ann", "probe", 1, "click", "article"),
    event("ann", "bread", 2, "skip"),
    event("ann", "bread", 9, "impression"),
    event("ann", "gone", 4, "like"),
    event("bob", "bread", 5),
]


class RecordsContract:
    """Subclasses provide the records of the world above."""

    @pytest.fixture
    def records(self) -> Iterator[Records]:
        raise NotImplementedError

    def test_of_many_ids_those_that_exist_are_returned(self, records: Records) -> None:
        assert records.videos.get_many(["moon", "gone", "same"]) == {"moon": VIDEOS[0], "same": VIDEOS[2]}
        assert records.articles.get_many(["same", "moon"]) == {"same": ARTICLES[0]}
        assert set(records.readers.get_many(["new", "stranger"])) == {"new"}
        assert records.videos.get_many([]) == records.articles.get_many([]) == records.readers.get_many([]) == {}

    def test_videos_from_the_cache_are_those_of_the_revision(self, records: Records) -> None:
        for _ in range(2):
            with records.snapshot() as revision:
                assert records.videos.get_many_at(revision, ["moon", "gone"]) == {"moon": VIDEOS[0]}

    def test_outlines_are_those_of_the_whole_records(self, records: Records) -> None:
        asked = ["moon", "bread", "same", "probe", "gone"]
        videos, articles = records.videos.get_many(asked), records.articles.get_many(asked)
        assert records.videos.outlines(iter(asked)) == {one: Outline.of(video) for one, video in videos.items()}
        assert records.articles.outlines(asked) == {one: Outline.of(article) for one, article in articles.items()}
        assert records.videos.outlines([]) == records.articles.outlines([]) == {}

    def test_an_unknown_reader_is_an_error(self, records: Records) -> None:
        assert records.readers.get("ann").interests == ("space",)
        with pytest.raises(UnknownReader, match="stranger"):
            records.readers.get("stranger")

    def test_acts_come_newest_first_without_impressions(self, records: Records) -> None:
        acts = records.events.newest_interactions(["ann", "new", "stranger"], 9)
        assert {user: [act.item_id for act in own] for user, own in acts.items()} == {
            "ann": ["gone", "moon", "bread", "probe"], "new": [], "stranger": [],
        }  # fmt: skip
        assert records.events.newest_interactions(["ann", "bob"], 2) == {
            "ann": [EVENTS[4], EVENTS[0]],
            "bob": [EVENTS[5]],
        }

    def test_activity_counts_impressions_and_has_the_videos_that_were_seen(self, records: Records) -> None:
        assert records.events.activity(["ann", "new", "stranger"]) == {
            "ann": Activity(5, frozenset({"moon", "bread", "gone"})),
            "new": Activity(0, frozenset()),
            "stranger": Activity(0, frozenset()),
        }

    def test_reads_within_a_snapshot_agree_with_those_outside(self, records: Records) -> None:
        outside = records.videos.get_many(["moon"])
        with records.snapshot() as revision:
            assert records.videos.get_many(["moon"]) == outside
            with records.snapshot() as again:
                assert again == revision

    def test_profiles_are_made_of_them(self, records: Records) -> None:
        profiles, items = load_profiles(records, ["ann", "new"], ProfileConfig())
        assert [item.item_id for item in profiles["ann"].history] == ["moon", "bread", "probe"]
        assert profiles["ann"].seen == {"moon", "bread", "gone"}
        assert (profiles["ann"].n_events, profiles["new"].n_events) == (5, 0)
        assert set(items.outlines) == {("video", "moon"), ("video", "bread"), ("article", "probe")}
        assert not items.videos


class CatalogueContract(RecordsContract):
    """The contract of a whole catalogue. The revisions of the world: its videos have 1, its articles 2."""

    @pytest.fixture
    def catalogue(self) -> Iterator[Any]:
        raise NotImplementedError

    @pytest.fixture
    def records(self, catalogue: Any) -> Records:
        records: Records = catalogue
        return records

    def test_changes_come_by_revision_then_id(self, catalogue: Any) -> None:
        assert [(at, one.id) for at, one in catalogue.videos.iterate()] == [(1, "bread"), (1, "moon"), (1, "same")]
        assert set(catalogue.videos.get_many_at(2, ["moon", "bread"])) == {"moon", "bread"}
        assert [(at, one.id) for at, one in catalogue.articles.iterate(1)] == [(2, "probe"), (2, "same")]
        catalogue.videos.put([replace(VIDEOS[0], title="Changed")])
        catalogue.videos.remove(["same", "bread"])
        assert (catalogue.revision(), catalogue.changed_since(2)) == (4, 3)
        assert [(at, one.title) for at, one in catalogue.videos.iterate(2)] == [(3, "Changed")]
        assert catalogue.videos.get_many_at(4, ["moon", "bread"])["moon"].title == "Changed"
        assert catalogue.videos.get_many_at(4, ["bread"]) == {}
        assert list(catalogue.videos.iterate_removed(3)) == [(4, "bread"), (4, "same")]
        assert (catalogue.videos.ids(), catalogue.articles.ids()) == (["moon"], ["probe", "same"])
        catalogue.videos.put([VIDEOS[2]])
        assert list(catalogue.videos.iterate_removed()) == [(4, "bread")]

    def test_events_are_added_once_and_make_their_readers(self, catalogue: Any) -> None:
        version = catalogue.events.version()
        catalogue.events.add(EVENTS)
        assert catalogue.events.version() == version
        catalogue.events.add([event("cyd", "moon", 0)])
        assert catalogue.events.version() != version
        assert catalogue.readers.get("cyd").created == NOON
        assert catalogue.events.get_numbered(catalogue.events.last_number()) == event("cyd", "moon", 0)
        assert catalogue.events.get_numbered(catalogue.events.last_number() + 1) is None

    def test_watches_come_reader_by_reader_in_time_order(self, catalogue: Any) -> None:
        assert list(catalogue.events.iterate_watches()) == [[("moon", 1), ("gone", 5)], [("bread", 6)]]
        counted = catalogue.events.last_number()
        catalogue.events.add([event("bob", "moon", 0, "like"), event("cyd", "moon", 0, "impression")])
        assert list(catalogue.events.iterate_watches(counted)) == [[("moon", counted + 1), ("bread", 6)]]

    def test_the_newest_of_like_and_dislike_counts_and_a_channel_is_no_act(self, catalogue: Any) -> None:
        judged = [("moon", 1, "dislike"), ("moon", 2, "like"), ("bread", 1, "like"), ("bread", 2, "dislike")]
        catalogue.events.add([event("cyd", item, at, action) for item, at, action in judged])
        catalogue.events.add([event("cyd", "NASA", 3, "dislike", "channel")])
        activity = catalogue.events.activity(["cyd"])["cyd"]
        assert activity == Activity(5, frozenset({"moon", "bread"}), frozenset({"bread"}), frozenset({"NASA"}))
        assert [act.item_id for act in catalogue.events.newest_interactions(["cyd"], 1)["cyd"]] == ["bread"]

    def test_of_equal_times_the_later_added_act_comes_first(self, catalogue: Any) -> None:
        catalogue.events.add([event("cyd", item, 0) for item in ("moon", "bread", "same")])
        assert [act.item_id for act in catalogue.events.newest_interactions(["cyd"], 2)["cyd"]] == ["same", "bread"]

    def test_an_index_finds_the_revision_that_it_noted(self, catalogue: Any) -> None:
        assert catalogue.indexed("one") == 0
        catalogue.set_indexed("one", 2)
        assert (catalogue.indexed("one"), catalogue.indexed("other")) == (2, 0)

    def test_a_thread_has_its_newest_messages_oldest_first(self, catalogue: Any) -> None:
        assert catalogue.threads.get("new", 5) == []
        for number in range(4):
            catalogue.threads.add("one", {"number": number})
        catalogue.threads.add("two", {"number": 9})
        assert catalogue.threads.get("one", 2) == [{"number": 2}, {"number": 3}]


def filled(catalogue: Any) -> Any:
    catalogue.videos.put(VIDEOS)
    catalogue.articles.put(ARTICLES)
    catalogue.readers.put(READERS)
    catalogue.events.add(EVENTS)
    return catalogue


class TestCatalogue(CatalogueContract):
    @pytest.fixture
    def catalogue(self, tmp_path: Path) -> Iterator[Any]:
        with Home.open(tmp_path / "home", "hash-32") as home, home.writing("testing"):
            yield filled(home.catalogue)


class TestMemoryCatalogue(CatalogueContract):
    @pytest.fixture
    def catalogue(self) -> Any:
        return filled(MemoryCatalogue())


class TestTaskRecords(RecordsContract):
    """Every reader is a query, asked after all that they did."""

    @pytest.fixture
    def records(self, tmp_path: Path) -> Iterator[Records]:
        queries = tuple(EvalQuery(one.id, user_id=one.id, at=NOON + timedelta(days=1)) for one in READERS)
        items = tuple(EvalItem(one.id, one.title) for one in VIDEOS)
        data = DataSet("world", "watches", items, queries, {one.id: {"moon": 1} for one in READERS}, "hash")
        readers = {one.id: one for one in READERS}

        def history(query: EvalQuery) -> Sequence[Event]:
            return [one for one in EVENTS if one.user_id == query.id]

        task = Task(data, VIDEOS, ARTICLES, lambda: EVENTS, history, lambda query: readers[query.id])
        with Home.open(tmp_path / "home", "hash-32") as home, home.writing("testing"):
            home.catalogue.videos.put(VIDEOS)
            home.catalogue.articles.put(ARTICLES)
            yield TaskRecords(task, home.catalogue)
