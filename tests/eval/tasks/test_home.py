"""SPECs about a home: its own events, and simulated readers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shortlist.core.config import Config
from shortlist.core.errors import RecordError, UsageError
from shortlist.eval.factories import Factories
from shortlist.eval.metrics.scores import score
from shortlist.eval.run import run_variant
from shortlist.eval.tasks.from_home import events_task
from shortlist.eval.tasks.home import open_task_home
from shortlist.eval.tasks.simulated import simulated_task
from shortlist.eval.tasks.splits import require_known
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.home import Home

Attributed = Callable[[Path], Config]


@pytest.fixture(scope="module")
def home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("events") / "home"
    shutil.copytree(sample_home, copy)
    return copy


@pytest.fixture(scope="module")
def events(home: Path) -> Task:
    with Home.open(home) as opened:
        return events_task(opened)


def test_queries_come_after_the_past_events(events: Task) -> None:
    [cut] = {query.at for query in events.data.queries}
    assert cut is not None
    known = list(events.past_events())
    require_known(known, cut)
    assert 0.7 < len(known) / 1092 <= 0.8
    for query in events.data.queries:
        history = events.history(query)
        require_known(history, cut)
        assert {event.user_id for event in history} <= {query.id}
        seen = {event.item_id for event in history if event.action != "impression"}
        assert not seen & events.data.qrels[query.id].keys()


def test_the_future_of_the_home_reaches_no_table(
    events: Task,
    home: Path,
    tmp_path: Path,
    encoder: Encoder,
    make_factories: Callable[..., Factories],
    make_config: Attributed,
) -> None:
    """The home itself holds every event; the home that is measured holds the known ones only."""
    config = make_config(tmp_path).model_copy(update={"encoder": Config().encoder})
    with open_task_home(events, Variant(name="default"), config, lambda: encoder) as measured, Home.open(home) as whole:
        assert measured.catalogue.counts().events == len(list(events.past_events())) < whole.catalogue.counts().events
        assert measured.catalogue.counts().videos == whole.catalogue.counts().videos
        cut = events.data.queries[0].at
        assert cut is not None
        require_known((event for _, event in measured.catalogue.events.iterate()), cut)
        with pytest.raises(RecordError, match="wrong side of the cut"):
            require_known((event for _, event in whole.catalogue.events.iterate()), cut)


def test_an_empty_home_is_refused(tmp_path: Path) -> None:
    with Home.open(tmp_path / "empty", "topics") as empty, pytest.raises(UsageError, match="videos to rank"):
        events_task(empty)


def test_simulated_readers_prefer_items_near_their_taste(
    home: Path, tmp_path: Path, encoder: Encoder, factories: Factories, make_config: Attributed
) -> None:
    with Home.open(home) as opened:
        before = opened.catalogue.counts()
        task = simulated_task(opened, 12, 3, tmp_path, lambda: encoder)
        again = simulated_task(opened, 12, 3, tmp_path / "elsewhere", lambda: encoder)
        assert opened.catalogue.counts() == before
    assert task.data.name == "simulated-12"
    assert len(task.data.queries) == 12
    assert again.data.qrels == task.data.qrels
    assert again.data.data_hash == task.data.data_hash
    for query in task.data.queries:
        assert not set(query.history) & task.data.qrels[query.id].keys()
        assert set(task.data.qrels[query.id].values()) == {1, 2}


def test_the_recommender_finds_simulated_tastes(
    home: Path, tmp_path: Path, encoder: Encoder, make_config: Attributed
) -> None:
    from shortlist.engine.build import evaluation_factories

    config = make_config(tmp_path).model_copy(update={"encoder": Config().encoder})
    factories = evaluation_factories()
    with Home.open(home) as opened:
        task = simulated_task(opened, 12, 3, tmp_path, lambda: encoder)
    means = {
        name: np.mean(score(task.data, run_variant(task, variant, config, factories).run.rankings)["nDCG@10"])
        for name, variant in {
            "dense": Variant(name="dense", alone="dense"),
            "chance": Variant(name="r", peer="random"),
        }.items()
    }
    assert means["dense"] > means["chance"] + 0.1
