"""Pointwise rerank: one question a candidate. `yesno` and `yesno_json` use it.

Two judgements show how many the time budget allows. If it allows all candidates, they are judged from the best down;
else those whose places are least certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.blend import Scores, limit, standardise
from shortlist.agent.rerank.budget import BudgetedCalls, out_of_time_note
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.permutation import permutation
from shortlist.core.config import RerankConfig
from shortlist.core.notes import Note
from shortlist.core.ranking import Ranking

MIN_JUDGED = 5  # fewer judgements do not show how high the model's scores go
PROBES = 2  # judgements before the others are planned: the first one may load the model
Answer = TypeVar("Answer")


def is_top_final(ranking: Ranking, judgements: Mapping[str, float], weight: float, config: RerankConfig) -> bool:
    """Return whether the first `config.top` places seem safe from all candidates below the judged ones.

    They do if the next candidate, judged as high as the best so far, would still not reach them: final scores are
    blended with `weight` as in `blend`, and retrieval scores only fall from here on. It is an estimate: a candidate
    that the model likes more than any so far is missed, and more judgements would change the scale of the model's.
    """
    n, top = len(judgements), config.top
    if n < max(top, MIN_JUDGED) or n >= len(ranking):
        return False
    place_of = {item: place for place, item in enumerate(ranking.ids[: config.depth])}
    judged_places = [place_of[item] for item in judgements]
    following = min(set(place_of.values()).difference(judged_places), default=None)
    if following is None:
        return True
    retrieval = standardise(ranking.scores[: config.depth])
    model = standardise(np.array(list(judgements.values())))
    final = (1 - weight) * retrieval[judged_places] + weight * limit(model, retrieval[judged_places], config.max_lift)
    highest = limit(model.max(keepdims=True), retrieval[following : following + 1], config.max_lift)[0]
    best_possible = (1 - weight) * retrieval[following] + weight * highest
    return bool(best_possible <= np.sort(final)[-top])


def rerank_pointwise(
    context: RerankContext,
    ranking: Ranking,
    origin: str,
    ask: Callable[[str], Answer],
    score: Callable[[Answer], float | None],
) -> Ranking:
    """Return a permutation by the `score` of what `ask` answers to each candidate's text; None is an unusable answer.

    Stops when no deeper candidate can reach the first `config.top` places, the budget is spent or the model fails.
    """
    plan = Plan(context, ranking)
    calls = BudgetedCalls(context.budget)
    judgements: dict[str, float] = {}
    unusable = 0
    for item in plan:
        if is_top_final(ranking, judgements, context.weight, context.config):
            break
        text = candidate_text(context.items.videos[item], context.config.candidate_tokens)
        answer = calls.run(lambda text=text: ask(text))  # type: ignore[misc]
        if calls.stopped:
            break
        judgement = None if answer is None else score(answer)
        if judgement is None:
            unusable += 1
        else:
            judgements[item] = judgement
            context.on_judgement(permutation(ranking, judgements, origin), plan.size)
    if context.least > 1 and len(judgements) + unusable < plan.least and not calls.failed:
        return permutation(ranking, {}, origin)
    notes = calls.notes(len(judgements), plan.size, unusable) or plan.notes(len(judgements))
    return permutation(ranking, judgements, origin, notes)


class Plan:
    """The candidates to judge, in order. `size` is their number, which is final after `PROBES` of them."""

    def __init__(self, context: RerankContext, ranking: Ranking) -> None:
        self._context = context
        self._head = context.head(ranking.ids)
        rows = [row for row, item in enumerate(ranking.ids[: len(self._head)]) if item in self._head]
        scores = standardise(np.asarray(ranking.scores, dtype=np.float64)[rows])
        self._by_uncertainty = [self._head[row] for row in least_certain(scores, context.config.max_lift)]
        self.size = len(self._head)
        self.least = min(context.least, self.size)

    def __iter__(self) -> Iterator[str]:
        limited = self._context.budget.is_limited
        probes = self._by_uncertainty[:PROBES] if limited else []
        yield from probes
        if limited and len(self._head) > PROBES:
            left = self._context.budget.calls_left()
            self.size = len(self._head) if left is None else min(len(self._head), len(probes) + left)
        if self.size < self.least:
            return
        order = self._head if self.size == len(self._head) else self._by_uncertainty
        yield from [item for item in order if item not in probes][: self.size - len(probes)]

    def notes(self, judged: int) -> tuple[Note, ...]:
        """Return a note if the time budget allowed fewer candidates than the configuration."""
        return () if self.size == len(self._head) else (out_of_time_note(judged),)


def least_certain(scores: Scores, reach: float) -> Sequence[int]:
    """Return the rows of `scores` (float64[n], falling) by how much of the order may change with their judgement.

    A pair of candidates may change places if their scores are within `reach` of each other, the likelier the closer.
    The change counts as in DCG, by the difference of the places' discounts.
    """
    discount = 1 / np.log2(np.arange(2, len(scores) + 2))
    near = np.maximum(0, 1 - np.abs(scores[:, None] - scores) / max(reach, 1e-9))
    gain = (near * np.abs(discount[:, None] - discount)).sum(axis=1)
    return [int(row) for row in np.argsort(-gain, kind="stable")]
