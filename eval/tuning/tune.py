"""`eval tune`: choose the weights of the legs and of a rerank on some of the queries, and test them on the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shortlist.agent.recommend import RerankedRequest
from shortlist.agent.rerank.policy import RequestKind
from shortlist.core.config import NONE, Config
from shortlist.core.legs import LEGS
from shortlist.core.progress import Bars, no_bars
from shortlist.eval.answer.recommender_answerer import RecommenderAnswerer
from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.factories import Factories
from shortlist.eval.stats.significance import Comparison, compare
from shortlist.eval.tasks.home import open_task_home
from shortlist.eval.tasks.records import TaskRecords, log_of
from shortlist.eval.tasks.task import Task
from shortlist.eval.tuning.blend_weights import Blend, RerankedQuery, choose_blends
from shortlist.eval.tuning.coordinate_search import coordinate_search, gains
from shortlist.eval.tuning.leg_scores import Floats, LegScores, with_every_leg
from shortlist.eval.tuning.split import split_queries
from shortlist.eval.variants import Variant

VALUES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
DECIMALS = 4

Weights = dict[str, float]
Score = dict[str, float]


@dataclass(frozen=True, slots=True)
class Tuned:
    """Chosen settings by section, with the metric before and after on the tuning queries and on the held-out queries.

    `alone` compares the result with each single leg on the held-out queries. `blend` holds the weight of the rerank by
    kind of request, and is empty if no rerank was tuned.
    """

    task: Task
    metric: str
    settings: dict[str, dict[str, Any]]
    tuning_score: Score
    held_out_score: Score
    alone: dict[str, Comparison]
    blend: dict[RequestKind, Blend] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The chosen settings, as "retrieval.weights"."""
        return [f"{section}.{key}" for section, values in self.settings.items() for key in values]


def tune(
    task: Task, metric: str, config: Config, factories: Factories, method: str = NONE, bars: Bars = no_bars
) -> Tuned:
    """Choose the legs' weights by coordinate search; with a rerank `method`, also its weight by kind of request.

    Raises as `run_variant`.
    """
    key = "text_weights" if any(query.text for query in task.data.queries) else "weights"
    before = dict.fromkeys(LEGS, 0.0) | dict(getattr(config.retrieval, key))
    leg_scores = collect_leg_scores(task, config, factories, bars)
    tuning, held_out = split_queries(task.data.queries, config.eval.seed)

    def scores_of(weights: Weights, rows: Sequence[int]) -> Floats:
        vector = np.array([weights[leg] for leg in LEGS])
        return np.array([leg_scores[row].score(vector, metric) if vector.any() else 0.0 for row in rows])

    after = _search_weights(before, lambda weights: scores_of(weights, tuning))
    settings: dict[str, dict[str, Any]] = {"retrieval": {key: _scale(after)}}
    blend: dict[RequestKind, Blend] = {}
    if method != NONE:
        tuned = config.model_copy(update={"retrieval": config.retrieval.model_copy(update=settings["retrieval"])})
        reranked = _rerank_queries(task, tuned, factories, method, bars)
        blend = choose_blends(_select(reranked, tuning), _select(reranked, held_out), metric, config.eval.seed)
        weights = {f"weight_{kind}": chosen.weight for kind, chosen in blend.items() if chosen.weight is not None}
        settings |= {"rerank": weights} if weights else {}
    final = scores_of(after, held_out)
    return Tuned(
        task=task,
        metric=metric,
        settings=settings,
        tuning_score=_before_and_after(scores_of(before, tuning), scores_of(after, tuning)),
        held_out_score=_before_and_after(scores_of(before, held_out), final),
        alone={leg: compare(final, scores_of(_alone(leg), held_out), config.eval.seed) for leg in LEGS},
        blend=blend,
    )


def collect_leg_scores(task: Task, config: Config, factories: Factories, bars: Bars) -> list[LegScores]:
    """Return the scores of every leg for each query of `task`, in order."""
    results = _rank(task, with_every_leg(config), factories, NONE, bars)
    return [
        LegScores.of(result.ranked.ranking, tuple(LEGS), task.data.qrels[query.id], _n_candidates(query))
        for query, result in zip(task.data.queries, results, strict=True)
    ]


def _alone(leg: str) -> Weights:
    return {other: float(other == leg) for other in LEGS}


def _search_weights(before: Weights, objective: Callable[[Weights], Floats]) -> Weights:
    """Search from `before`, and from other starts, because a search by single coordinates is easily stuck."""
    best_leg = max(map(_alone, LEGS), key=lambda weights: float(np.nanmean(objective(weights))))
    starts = [before, dict.fromkeys(LEGS, 1.0), best_leg]
    best, *others = [coordinate_search(start, VALUES, objective)[0] for start in starts]
    for other in others:
        if gains(objective(other) - objective(best)):
            best = other
    return best


def _rerank_queries(
    task: Task, config: Config, factories: Factories, method: str, bars: Bars
) -> list[RerankedQuery | None]:
    # A rerank stops early depending on the weight, which is not chosen yet, so it must score the whole head.
    whole_head = config.rerank.model_copy(update={"top": config.rerank.depth})
    results = _rank(task, config.model_copy(update={"rerank": whole_head}), factories, method, bars)
    return [
        RerankedQuery.of(result, task.data.qrels[query.id], _n_candidates(query), config)
        for query, result in zip(task.data.queries, results, strict=True)
    ]


def _select(queries: Sequence[RerankedQuery | None], rows: Sequence[int]) -> list[RerankedQuery]:
    return [query for row in rows if (query := queries[row])]


def _rank(task: Task, config: Config, factories: Factories, method: str, bars: Bars) -> list[RerankedRequest]:
    with open_task_home(task, Variant(name="default"), config, factories.encoder(config), bars) as home:
        recommender = factories.recommender(home, config, TaskRecords(task, home.catalogue), log_of(task))
        answerer = RecommenderAnswerer(recommender, task.data, method)
        results: list[RerankedRequest] = []
        bar = bars(f"ranking {task.data.name}", len(task.data.queries))
        for start in range(0, len(task.data.queries), answerer.batch_size):
            queries = task.data.queries[start : start + answerer.batch_size]
            results += recommender.rank_many([answerer.request(query) for query in queries])
            bar(len(queries))
    return results


def _n_candidates(query: EvalQuery) -> int | None:
    return None if query.candidates is None else len(query.candidates)


def _before_and_after(before: Floats, after: Floats) -> Score:
    return {"queries": len(before), "before": float(np.nanmean(before)), "after": float(np.nanmean(after))}


def _scale(weights: Weights) -> Weights:
    """Return weights in the same proportions, with 1 as the largest."""
    largest = max(weights.values()) or 1.0
    return {leg: round(weight / largest, DECIMALS) for leg, weight in weights.items()}
