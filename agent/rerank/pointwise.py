"""Pointwise rerank: one question a candidate, from the best down. `yesno` and `yesno_json` use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.blend import limit, standardise
from shortlist.agent.rerank.budget import BudgetedCalls
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.permutation import permutation
from shortlist.core.config import RerankConfig
from shortlist.core.ranking import Ranking

MIN_JUDGED = 5  # fewer judgements do not show how high the model's scores go
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
    following = max(judged_places) + 1
    if following >= len(place_of):
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
    head, calls = context.head(ranking.ids), BudgetedCalls(context.budget)
    judgements: dict[str, float] = {}
    unusable = 0
    for item in head:
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
            context.on_judgement(permutation(ranking, judgements, origin), len(head))
    return permutation(ranking, judgements, origin, calls.notes(len(judgements), len(head), unusable))
