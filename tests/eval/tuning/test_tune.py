"""Tuning: the search, weights tried on leg scores, and the file it writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.app.settings import load_settings
from shortlist.core.config import Config, RerankConfig
from shortlist.core.legs import LEGS
from shortlist.core.progress import no_bars
from shortlist.core.ranking import Ranking
from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.data.specs import load
from shortlist.eval.factories import Factories
from shortlist.eval.metrics.scores import score
from shortlist.eval.run import run_variant
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.tuning.blend_weights import RerankedQuery, choose_blends
from shortlist.eval.tuning.coordinate_search import MIN_QUERIES, coordinate_search
from shortlist.eval.tuning.leg_scores import with_every_leg
from shortlist.eval.tuning.settings_file import settings_toml, tuned_document
from shortlist.eval.tuning.split import split_queries
from shortlist.eval.tuning.tune import collect_leg_scores, tune
from shortlist.eval.variants import Variant


def test_coordinate_search_finds_the_top_of_a_hill_and_is_never_worse() -> None:
    def hill(point: dict[str, float]) -> Any:
        height = -((point["x"] - 0.5) ** 2) - (point["y"] - 0.25) ** 2
        return np.array([height] * MIN_QUERIES + [np.nan])

    best, found = coordinate_search({"x": 0.0, "y": 1.0}, (0.0, 0.25, 0.5, 0.75, 1.0), hill)
    assert (best, found) == ({"x": 0.5, "y": 0.25}, 0.0)
    assert coordinate_search({"x": 0.5, "y": 0.25}, (0.0, 1.0), hill)[1] == 0.0


def test_few_queries_choose_nothing() -> None:
    def hill(point: dict[str, float]) -> Any:
        return np.array([point["x"]] * (MIN_QUERIES - 1))

    assert coordinate_search({"x": 0.0}, (0.0, 1.0), hill)[0] == {"x": 0.0}


def test_a_gain_within_its_standard_error_changes_nothing() -> None:
    draw = np.random.default_rng(0).normal(size=400)

    def noisy(point: dict[str, float]) -> Any:
        return draw * point["x"] + 0.02 * (point["x"] > 0) - draw.mean() * point["x"] + point["y"]

    assert coordinate_search({"x": 0.0, "y": 0.0}, (0.0, 1.0), noisy)[0] == {"x": 0.0, "y": 1.0}


@pytest.mark.parametrize(("kind", "metric"), [("beir", "nDCG@10"), ("beir", "MAP"), ("watches", "MRR")])
def test_weights_tried_on_leg_scores_score_as_the_recommender_does(
    kind: str, metric: str, data_folders: dict[str, Path], config: Config, factories: Factories
) -> None:
    task = task_of(load(f"{kind}:{data_folders[kind]}"))
    key = "text_weights" if kind == "beir" else "weights"
    weights = {"bm25": 0.7, "tfidf": 0.4, "dense": 1.0, "affinity": 0.2, "popular": 0.3}
    variant = Variant(name=f"hand-{kind}-{metric}", retrieval={key: weights})
    shipped = score(task.data, run_variant(task, variant, config, factories).run.rankings)[metric]
    vector = np.array([weights.get(leg, 0.0) for leg in LEGS])
    tried = [one.score(vector, metric) for one in collect_leg_scores(task, config, factories, no_bars)]
    assert tried == pytest.approx(shipped.tolist(), abs=1e-9)


def test_tuning_writes_a_configuration_that_marks_the_tuned_data(
    data_folders: dict[str, Path], tmp_path: Path, config: Config, factories: Factories
) -> None:
    task = task_of(load(f"beir:{data_folders['beir']}"))
    start = Variant(name="bad", retrieval={"text_weights": {"popular": 1.0}}).apply_to(config)
    tuned = tune(task, "nDCG@10", start, factories)
    assert tuned.tuning_score["after"] > tuned.tuning_score["before"]
    assert tuned.held_out_score["after"] > tuned.held_out_score["before"]
    assert tuned.tuning_score["queries"] + tuned.held_out_score["queries"] == 12
    assert set(tuned.alone) == set(LEGS)
    assert tuned.alone["popular"].difference.mean > 0
    file = tmp_path / "tuned.toml"
    file.write_text(settings_toml(tuned, config))
    loaded = load_settings(file, {}, {})
    assert loaded.retrieval.text_weights == tuned.settings["retrieval"]["text_weights"]
    assert loaded.tuned.on == {"beir-tiny": task.data.data_hash}
    assert loaded.tuned.keys == ("retrieval.text_weights",)
    judged = config.model_copy(update={"retrieval": loaded.retrieval, "tuned": loaded.tuned})
    assert run_variant(task, Variant(name="default"), judged, factories).tuned_here
    assert tuned_document(tuned)["metric"] == "nDCG@10"


def test_the_blend_is_chosen_by_kind_of_request(
    data_folders: dict[str, Path], config: Config, make_factories: Callable[..., Factories], length_model: Any
) -> None:
    task = task_of(load(f"beir:{data_folders['beir']}"))
    tuned = tune(task, "nDCG@10", config, make_factories(lambda: length_model), "yesno")
    weight = tuned.settings["rerank"]["weight_wish"]
    blend = tuned.blend["wish"]
    assert length_model.calls > 0
    assert blend.queries == 6
    assert blend.against
    assert blend.against.difference.n == 6
    assert weight == blend.weight in (0.0, max(blend.means, key=lambda one: (blend.means[one], -one)))
    assert "# The model's weight for wishes: " in settings_toml(tuned, config)
    few = tune(task.sampled(4, 0), "nDCG@10", config, make_factories(lambda: length_model), "yesno")
    assert "rerank" not in few.settings
    assert "unchanged, because 2 queries are too few" in settings_toml(few, config)
    assert json.loads(json.dumps(tuned_document(few), allow_nan=False))["blend"]["wish"]["weight"] is None


def test_a_useless_model_gets_no_weight_and_an_oracle_gets_some() -> None:
    ranking = Ranking.of({"a": 3.0, "b": 2.0, "c": 1.0}, "fusion")
    flat, oracle = Ranking.of(dict.fromkeys("abc", 1.0), "m"), Ranking.of({"c": 9.0, "b": 0.0, "a": 0.0}, "m")
    useless = [RerankedQuery("plain", ranking, flat, RerankConfig(), {"a": 1}, None)] * 5
    assert choose_blends(useless, [], "MRR", 0)["plain"].weight == 0
    helpful = [RerankedQuery("wish", ranking, oracle, RerankConfig(max_lift=3), {"c": 1}, None)] * 5
    found = choose_blends(helpful, helpful, "MRR", 0)["wish"]
    assert found.weight is not None
    assert 0 < found.weight < 1
    assert found.means[found.weight] == 1
    assert found.means[0.0] == pytest.approx(1 / 3)
    assert found.against
    assert found.against.difference.mean == pytest.approx(2 / 3)


@pytest.mark.slow
def test_a_model_of_pure_noise_seldom_gets_a_weight() -> None:
    draw = np.random.default_rng(0)
    ids = [f"v{place:02}" for place in range(20)]

    def query() -> RerankedQuery:
        ranking = Ranking.of({item: float(20 - place) for place, item in enumerate(ids)}, "fusion")
        noise = Ranking.of(dict(zip(ids, draw.normal(size=20).tolist(), strict=True)), "yesno")
        return RerankedQuery("wish", ranking, noise, RerankConfig(), {ids[draw.integers(10)]: 1}, None)

    opened = [choose_blends([query() for _ in range(30)], [], "MRR", 0)["wish"].weight for _ in range(20)]
    assert sum(weight != 0 for weight in opened) <= 2


def test_every_leg_gets_a_weight() -> None:
    asked = with_every_leg(Variant(name="x", alone="bm25").apply_to(Config()))
    assert set(asked.retrieval.weights) == set(asked.retrieval.text_weights) == set(LEGS)
    assert min(asked.retrieval.weights.values()) > 0


def test_settings_are_never_tuned_on_the_future() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (3, 1, 2, 3, 1, 2)]
    timed = [EvalQuery(str(place), at=at) for place, at in enumerate(days)]
    assert split_queries(timed, seed=0) == ([1, 2, 4, 5], [0, 3])
    untimed = [EvalQuery(str(place)) for place in range(5)]
    choosing, judging = split_queries(untimed, seed=0)
    assert (len(choosing), sorted([*choosing, *judging])) == (3, [0, 1, 2, 3, 4])
    assert split_queries(untimed[:1], seed=0) == ([0], [0])
