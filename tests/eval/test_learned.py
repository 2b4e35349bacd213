"""Variants that train: on the past of the data set only, and through the gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shortlist.core.config import Config
from shortlist.core.ranking import Query
from shortlist.eval.data.specs import load
from shortlist.eval.factories import Factories
from shortlist.eval.gate import judge
from shortlist.eval.metrics.scores import score
from shortlist.eval.run import run_variant
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.tasks.home import cache_root
from shortlist.eval.tuning.on_home import tune_version
from shortlist.eval.variants import Variant
from shortlist.learning.plan import Plan
from shortlist.retrieval.fusion import WeightedMean
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.retrieval.trained import versions
from shortlist.store.home import Home
from shortlist.store.registry.decisions import NO_MODELS
from tests.eval.conftest import TOPICS
from tests.learning.conftest import fill, habits

pytestmark = pytest.mark.slow
PLAN = Plan(readers=150)
LEARNED = Variant(name="learned", trains=PLAN)


def write_watches(folder: Path, readers: int) -> int:
    """Write readers who watch the videos of one topic in a row; return the number of watches that are known."""
    folder.mkdir(parents=True)
    items = [f"{topic}{n}" for topic in TOPICS for n in range(12)]
    (folder / "items.csv").write_text("item,title\n" + "".join(f"{item},{item}\n" for item in items))
    sequences: dict[str, list[str]] = {}
    for event in habits(readers):
        sequences.setdefault(event.user_id, []).append(event.item_id)
    (folder / "watches.tsv").write_text("".join(f"{user}\t{' '.join(one)}\n" for user, one in sequences.items()))
    return sum(len(one) - 1 for one in sequences.values())


def test_the_hidden_watch_is_not_among_what_is_trained_on(
    tmp_path: Path, factories: Factories, make_config: Callable[[Path], Config]
) -> None:
    known = write_watches(tmp_path / "habits", 230)
    config, task = make_config(tmp_path / "cache"), task_of(load(f"watches:{tmp_path / 'habits'}"))
    learned = run_variant(task, LEARNED, config, factories)
    [home] = (cache_root(config) / "homes").iterdir()
    [version] = versions.versions(home)
    assert versions.read_receipt(home, version)["data"]["acts"] == known
    assert versions.promoted(home) == NO_MODELS  # other variants are measured without it
    plain = run_variant(task, Variant(name="default"), config, factories)
    means = [float(score(task.data, one.run.rankings)["HR@10"].mean()) for one in (learned, plain)]
    assert means[0] >= means[1]
    assert learned.run.config_hash != plain.run.config_hash


def test_the_gate_trains_on_the_past_and_judges_by_the_newest_week(
    tmp_path: Path, factories: Factories, make_config: Callable[[Path], Config]
) -> None:
    fill(tmp_path / "home", habits(700))
    config = make_config(tmp_path / "cache")
    with Home.open(tmp_path / "home") as home:
        shipped, challenger = Variant(name="champion"), Variant(name="challenger", trains=PLAN)
        found = judge(home, lambda _: shipped, lambda _: challenger, config, factories)
        assert versions.versions(home.path) == []
    assert next(one.name for one in found.judged if one.horizon == "week") == "all"
    assert found.promoted == (found.why.startswith("significantly better"))


def test_weights_are_tuned_on_the_home_and_rank_once_promoted(
    tmp_path: Path, factories: Factories, make_config: Callable[[Path], Config]
) -> None:
    fill(tmp_path / "home", habits(230))
    config = make_config(tmp_path / "cache")
    with Home.open(tmp_path / "home") as home:
        version = tune_version(home, config, factories)
        receipt = versions.read_receipt(home.path, version)
        assert receipt["plan"] is None
        assert receipt["weights"]["cowatch"] > receipt["weights"]["popular"]
        versions.promote(home.path, version, "test")
        snapshot = load_snapshot(home)
        assert WeightedMean(snapshot, {}, config.retrieval).weights(Query(k=1)) == {
            leg: weight for leg, weight in receipt["weights"].items() if weight > 0
        }
        assert tune_version(home, config, factories) == version
