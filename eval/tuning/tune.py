"""`eval tune`: weights, blend and gate on one data set. Some of its queries choose, the others judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shortlist.agent.recommend import RerankedRequest
from shortlist.agent.rerank.policy import RequestKind
from shortlist.core.config import LEGS, NONE, Config
from shortlist.eval.answer.product import Product
from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.factories import Factories
from shortlist.eval.progress import Bars, no_bars
from shortlist.eval.stats.significance import Comparison, compare
from shortlist.eval.tasks.home import open_task_home
from shortlist.eval.tasks.records import TaskRecords
from shortlist.eval.tasks.task import Task
from shortlist.eval.tuning.blending import Blend, Judged, blends
from shortlist.eval.tuning.leg_scores import Floats, LegScores, all_asked
from shortlist.eval.tuning.search import coordinate_search, gains
from shortlist.eval.tuning.split import halves
from shortlist.eval.variants import Variant

VALUES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
FLOAT = 4

Score = dict[str, float]


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was chosen: settings by section; `metric` before and after, on the queries that chose and those that judge.

    `alone` compares the result with each leg by itself, on the queries that judge. `blend` tells of the weight of a
    rerank by kind of request.
    """

    task: Task
    metric: str
    settings: dict[str, dict[str, Any]]
    chosen_on: Score
    judged_on: Score
    alone: dict[str, Comparison]
    blend: dict[RequestKind, Blend] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The settings that were chosen, as "retrieval.weights"."""
        return [f"{section}.{key}" for section, values in self.settings.items() for key in values]


def tune(task: Task, metric: str, config: Config, parts: Factories, method: str = NONE, bars: Bars = no_bars) -> Tuned:
    """The best weights by coordinate search; with a rerank `method` also the best blend weight by kind of request.

    Raises as `run_variant`.
    """
    key = "text_weights" if any(query.text for query in task.data.queries) else "weights"
    before = dict.fromkeys(LEGS, 0.0) | dict(getattr(config.retrieval, key))
    opinions = _opinions(task, config, parts, bars)
    searching, judging = halves(task.data.queries, config.eval.seed)

    def scores_of(weights: dict[str, float], rows: Sequence[int]) -> Floats:
        vector = np.array([weights[leg] for leg in LEGS])
        return np.array([opinions[row].score(vector, metric) if vector.any() else 0.0 for row in rows])

    def mean(weights: dict[str, float], rows: Sequence[int]) -> float:
        return float(np.nanmean(scores_of(weights, rows)))

    # One coordinate at a time is easily stuck, so the search also begins from the best leg alone, and from all alike.
    alone = {one: {leg: float(leg == one) for leg in LEGS} for one in LEGS}
    starts = [before, dict.fromkeys(LEGS, 1.0), max(alone.values(), key=lambda weights: mean(weights, searching))]
    after, *others = [coordinate_search(start, VALUES, lambda one: scores_of(one, searching))[0] for start in starts]
    for other in others:
        if gains(scores_of(other, searching) - scores_of(after, searching)):
            after = other
    settings: dict[str, dict[str, Any]] = {"retrieval": {key: _scaled(after)}}
    scores = {
        "chosen_on": {"queries": len(searching), "before": mean(before, searching), "after": mean(after, searching)},
        "judged_on": {"queries": len(judging), "before": mean(before, judging), "after": mean(after, judging)},
    }
    judged = scores_of(after, judging)
    against = {leg: compare(judged, scores_of(weights, judging), config.eval.seed) for leg, weights in alone.items()}
    blend: dict[RequestKind, Blend] = {}
    if method != NONE:
        tuned = config.model_copy(update={"retrieval": config.retrieval.model_copy(update=settings["retrieval"])})
        every = _judged(task, tuned, parts, method, bars)
        choosing, deciding = ([one for row in rows if (one := every[row])] for rows in (searching, judging))
        blend = blends(choosing, deciding, metric, config.eval.seed)
        chosen = {f"weight_{kind}": one.weight for kind, one in blend.items() if one.weight is not None}
        settings |= {"rerank": chosen} if chosen else {}
    return Tuned(task, metric, settings, scores["chosen_on"], scores["judged_on"], against, blend)


def _opinions(task: Task, config: Config, parts: Factories, bars: Bars) -> list[LegScores]:
    ranked = _ranked(task, all_asked(config), parts, NONE, bars)
    return [
        LegScores.of(one.ranked.ranking, LEGS, task.data.qrels[query.id], _offered(query))
        for query, one in zip(task.data.queries, ranked, strict=True)
    ]


def _judged(task: Task, config: Config, parts: Factories, method: str, bars: Bars) -> list[Judged | None]:
    # Stopping early depends on the weight, which is yet to be chosen.
    whole = config.rerank.model_copy(update={"top": config.rerank.depth})
    ranked = _ranked(task, config.model_copy(update={"rerank": whole}), parts, method, bars)
    return [
        Judged.of(one, task.data.qrels[query.id], _offered(query), config)
        for query, one in zip(task.data.queries, ranked, strict=True)
    ]


def _ranked(task: Task, config: Config, parts: Factories, method: str, bars: Bars) -> list[RerankedRequest]:
    with open_task_home(task, Variant(name="default"), config, parts.encoder(config), bars) as home:
        recommender = parts.recommender(home, config, TaskRecords(task, home.catalogue))
        product = Product(recommender, task.data, method)
        found: list[RerankedRequest] = []
        bar = bars(f"asking {task.data.name}", len(task.data.queries))
        for start in range(0, len(task.data.queries), product.batch):
            batch = task.data.queries[start : start + product.batch]
            found += recommender.rank_many([product.request(query) for query in batch])
            bar(len(batch))
    return found


def _offered(query: EvalQuery) -> int | None:
    return None if query.candidates is None else len(query.candidates)


def _scaled(weights: dict[str, float]) -> dict[str, float]:
    """The same proportions with 1 as the largest."""
    largest = max(weights.values()) or 1.0
    return {leg: round(weight / largest, FLOAT) for leg, weight in weights.items()}
