"""One question a candidate, from the best down: how `yesno` and `graded` judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shortlist.agent.candidate_text import candidate_text
from shortlist.agent.rerank.attempts import Attempts
from shortlist.agent.rerank.depth import settled
from shortlist.agent.rerank.judged import permutation
from shortlist.agent.rerank.setting import Setting
from shortlist.core.ranking import Ranking

Answer = TypeVar("Answer")


def one_by_one(
    setting: Setting,
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
