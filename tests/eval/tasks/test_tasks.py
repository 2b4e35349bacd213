"""A data set as records, its home, and planted leaks of the future."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from shortlist.core.config import Config
from shortlist.core.errors import RecordError, UsageError
from shortlist.core.ranking import Ranking
from shortlist.core.types import Action, Event, Kind
from shortlist.eval.data.dataset import DataSet, EvalQuery, Item
from shortlist.eval.data.specs import load
from shortlist.eval.factories import Factories
from shortlist.eval.metrics.beyond_accuracy import BeyondAccuracy
from shortlist.eval.run import run_variant
from shortlist.eval.tasks.from_files import STEP, task_of
from shortlist.eval.tasks.home import STAMP, open_task_home
from shortlist.eval.tasks.specs import load_task
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant
from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.retrieval.index.indexer import load_snapshot

NOON = datetime(2019, 11, 9, 12, tzinfo=UTC)


def task(at: datetime | None = NOON) -> Task:
    items = (
        Item("m", "", "Moon dust is sharp. It cuts."),
        Item("c", "A comet", "Two tails", "space", "comets"),
        Item("r", "Rye"),
    )
    queries = (
        EvalQuery("q1", user_id="ada", history=("m",), at=at, candidates=("c", "r")),
        EvalQuery("q2", user_id="ada", history=("m", "r"), at=at and at + STEP, candidates=("c", "m")),
    )
    return task_of(DataSet("mind-tiny", "mind", items, queries, {"q1": {"c": 1}, "q2": {"c": 1}}, "hash"))


def test_items_become_videos_and_a_text_without_title_lends_its_first_sentence() -> None:
    moon, comet, rye = task().videos
    assert (moon.title, moon.transcript.text) == ("Moon dust is sharp.", "It cuts.")
    assert (comet.category, comet.enrichment.tags, comet.transcript.text) == ("space", ("comets",), "Two tails")
    assert (rye.title, rye.transcript.segments) == ("Rye", ())


def test_a_history_is_older_than_every_query_and_a_reader_of_two_queries_counts_once() -> None:
    first, second = (task().history(query) for query in task().data.queries)
    assert [(event.item_id, event.at) for event in second] == [("m", NOON - 2 * STEP), ("r", NOON - STEP)]
    assert [event.item_id for event in first] == ["m"]
    assert sorted(event.item_id for event in task().past_events()) == ["m", "r"]


def test_impressions_skips_and_articles_are_no_choices() -> None:
    acts: list[tuple[Action, Kind]] = [
        ("impression", "video"), ("skip", "video"), ("click", "article"), ("like", "video"), ("view", "video"),
    ]  # fmt: skip
    events = [Event(f"reader{n}", "m", kind, action, NOON - STEP) for n, (action, kind) in enumerate(acts)]
    chosen = replace(task(), past_events=lambda: events)
    assert [event.action for event in chosen.choices()] == ["like", "view"]
    metrics = BeyondAccuracy(chosen, lambda _ids: {})
    one, other = (metrics.scores(chosen.data, {"q1": Ranking.of({item: 1.0}, "x")})["Novelty@10"][0] for item in "mr")
    assert (one, other) == (0.0, 1.0)  # of two readers both chose m; an item without readers counts as chosen by one


def test_a_leak_planted_in_a_history_is_caught(factories: Factories, config: Config) -> None:
    leaking = task()
    future = Event("ada", "c", "video", "view", NOON + timedelta(minutes=1))
    leaking_task = replace(leaking, history=lambda query: [*leaking.history(query), future])
    finished = run_variant(leaking_task, Variant(name="leak"), config, factories)
    assert list(finished.run.failed) == ["q1"]  # q2 is a day later
    assert "wrong side of the cut" in finished.run.failed["q1"]


def test_a_leak_planted_in_the_past_events_is_caught(
    factories: Factories, tmp_path: Path, make_config: Callable[[Path], Config]
) -> None:
    future = Event("bob", "c", "video", "view", NOON)
    leaking_task = replace(task(), past_events=lambda: [future])
    with pytest.raises(RecordError, match=r"only earlier events before the cut.*bob view c"):
        open_task_home(leaking_task, Variant(name="leak"), make_config(tmp_path), factories.encoder(Config()))


def test_hidden_items_add_no_cowatch_links(data_folders: dict[str, Path], config: Config, factories: Factories) -> None:
    hidden = task_of(load(f"watches:{data_folders['watches']}"))
    with open_task_home(hidden, Variant(name="links"), config, factories.encoder(config)) as home:
        links = load_snapshot(home).links
    shown = [[(item, 1) for item in query.history] for query in hidden.data.queries]
    assert links.forward.sum() == Links.empty().updated(shown, 1).forward.sum() > 0
    assert links.watched.sum() == sum(len(set(query.history)) for query in hidden.data.queries)


def test_a_home_is_ingested_once_and_enriched_as_the_variant_wants(
    factories: Factories, tmp_path: Path, make_config: Callable[[Path], Config]
) -> None:
    config, seen = make_config(tmp_path), []
    for _ in range(2):
        with open_task_home(
            task(), Variant(name="a"), config, factories.encoder(config), lambda *_: seen.append
        ) as home:
            comet = home.catalogue.videos.get("c")
            assert (comet.category, comet.summary) == ("space", "Two tails")
    assert seen == [3]
    bare = Variant(name="b", enrichment=())
    with open_task_home(task(), bare, config, factories.encoder(config)) as home:
        assert (home.catalogue.videos.get("c").category, home.catalogue.videos.get("c").enrichment.tags) == (None, ())
    assert len(list((tmp_path / "homes").iterdir())) == 2


def test_a_home_of_older_code_is_ingested_again(
    factories: Factories, tmp_path: Path, make_config: Callable[[Path], Config]
) -> None:
    config, seen = make_config(tmp_path), []
    with open_task_home(task(), Variant(name="a"), config, factories.encoder(config), lambda *_: seen.append) as home:
        stamp = home.path / STAMP
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"content": "other code"}))
    open_task_home(task(), Variant(name="a"), config, factories.encoder(config), lambda *_: seen.append).close()
    assert seen == [3, 3]


def test_a_sample_keeps_order_and_past_events() -> None:
    whole = task()
    one = whole.sampled(1, seed=0)
    assert len(one.data.queries) == 1
    assert one.data.qrels.keys() == {one.data.queries[0].id}
    assert one.data.notes[-1] == "1 of 2 queries, drawn with seed 0"
    assert len(list(one.past_events())) == len(list(whole.past_events()))
    assert whole.sampled(2, seed=0) is whole


def test_a_smaller_sample_is_part_of_a_larger_one(data_folders: dict[str, Path]) -> None:
    task = task_of(load(f"beir:{data_folders['beir']}"))
    samples = [{query.id for query in task.sampled(size, seed=3).data.queries} for size in range(1, 12)]
    assert all(smaller < larger for smaller, larger in pairwise(samples))


def test_a_spec_becomes_a_task(data_folders: dict[str, Path], config: Config, factories: Factories) -> None:
    spec = f"watches:{data_folders['watches']}"
    assert load_task(spec, config, factories).data.data_hash == load(spec).data_hash


@pytest.mark.parametrize("spec", ["simulated", "simulated:", "simulated:no", "simulated:0", "event", "beir"])
def test_a_wrong_spec_lists_the_kinds(spec: str, config: Config, factories: Factories) -> None:
    with pytest.raises(UsageError, match=r"beir:DIR"):
        load_task(spec, config, factories)
