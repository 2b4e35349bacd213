"""Pointwise rerank by a student: a small model that imitates the yes/no question at a hundredth of its cost.

It reads the same filtered text of a candidate as the language model, so it sees no instruction that the teacher would
not see. It learned from wishes, so it judges nothing for a reader without one.
"""

from __future__ import annotations

from shortlist.agent.prompt_safety.sanitize import candidate_text, clean
from shortlist.agent.rerank.budget import BudgetedCalls
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.permutation import permutation
from shortlist.agent.rerank.prompt import WISH_TOKENS
from shortlist.core.notes import Note
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile

NAME = "student"
NO_WISH = Note("no-wish", "the student judges wishes only: retrieval order kept")


class StudentRerank:
    """Scores the head by the student's estimate of the teacher's log-odds."""

    def __init__(self, context: RerankContext) -> None:
        self._context = context

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """Return a permutation by the student's scores (see `Reranker`). `profile` is not read."""
        head = self._context.head(ranking.ids)
        if wish is None:
            return permutation(ranking, {}, NAME, [NO_WISH])
        if not head:
            return permutation(ranking, {}, NAME)
        videos, tokens = self._context.items.videos, self._context.config.candidate_tokens
        texts = [candidate_text(videos[item], tokens) for item in head]
        calls = BudgetedCalls(self._context.budget)
        scores = calls.run(lambda: self._context.student().score(clean(wish, WISH_TOKENS), texts))
        judgements = {} if scores is None else dict(zip(head, scores.tolist(), strict=True))
        reranked = permutation(ranking, judgements, NAME, calls.notes(len(judgements), len(head)))
        if judgements:
            self._context.on_judgement(reranked, len(head))
        return reranked
