"""One question a candidate, from the best down: how `yesno` and `graded` judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.attempts import Attempts
from shortlist.agent.rerank.blend import standardised
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.judged import permutation
from shortlist.core.config import RerankConfig
from shortlist.core.ranking import Ranking

FEW = 5  # opinions from which one can tell what the model's best looks like
Answer = TypeVar("Answer")


def settled(ranking: Ranking, judgements: Mapping[str, float], weight: float, config: RerankConfig) -> bool:
    """Whether the first `config.top` places seem safe from all candidates below those judged.

    They do if the next one, liked as much as the best so far, would still not reach them: final scores are blended
    with `weight` as in `blend`, and retrieval scores only fall from here on. One that is liked more than any so far
    would be missed, and further opinions would change the scale of the model's.
    """
    n, top = len(judgements), config.top
    if n < max(top, FEW) or n >= len(ranking):
        return False
    place = {item: at for at, item in enumerate(ranking.ids[: config.depth])}
    rows = [place[item] for item in judgements]
    following = max(rows) + 1
    if following >= len(place):
        return True
    retrieval = standardised(ranking.scores[: config.depth])
    opinion = standardised(np.array(list(judgements.values())))
    final = (1 - weight) * retrieval[rows] + weight * opinion
    hopeful = (1 - weight) * retrieval[following] + weight * opinion.max()
    return bool(hopeful <= np.sort(final)[-top])


def one_by_one(
    setting: RerankContext,
    ranking: Ranking,
    origin: str,
    ask: Callable[[str], Answer],
    judgement_of: Callable[[Answer], float | None],
) -> Ranking:
    """A permutation by the judgement of what `ask` answers to a candidate's text; None is an answer of no use.

    Judges until no deeper candidate can change what `config.top` is for, the budget is spent or the model fails.
    """
    head, attempts = setting.head(ranking.ids), Attempts(setting.budget)
    judgements: dict[str, float] = {}
    unusable = 0
    for item in head:
        if settled(ranking, judgements, setting.weight, setting.config):
            break
        text = candidate_text(setting.shelf.videos[item], setting.config.candidate_tokens)
        answer = attempts.run(lambda text=text: ask(text))  # type: ignore[misc]
        if attempts.over:
            break
        judgement = None if answer is None else judgement_of(answer)
        if judgement is None:
            unusable += 1
        else:
            judgements[item] = judgement
    return permutation(ranking, judgements, origin, attempts.notes(len(judgements), len(head), unusable))
