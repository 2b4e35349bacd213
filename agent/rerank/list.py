"""Listwise rerank by generated order: RankGPT's sliding window (Sun et al., EMNLP 2023), the published baseline.

A window of 20 moves up from the end of the head in steps of 10, so that the best of each window is judged again in the
next. Generation costs more than a letter's log-probability, and small models order hardly better than chance: use it in
ablations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.budget import BudgetedCalls
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.permutation import permutation
from shortlist.agent.rerank.prompt import ReaderPrompt
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile

NAME = "list"
WINDOW = 20
STEP = 10
TOKENS_PER_PLACE = 6  # "[12] > "
NUMBER = re.compile(r"\d{1,3}")


class ListOrder:
    """Orders the whole head or none of it: half a pass would put its end above its beginning."""

    def __init__(self, context: RerankContext) -> None:
        self._context = context

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """Return a permutation by the generated order; scores are negative places (see `Reranker`)."""
        order = self._context.head(ranking.ids)
        prompt = ReaderPrompt.load(NAME, profile, wish, self._context.items, self._context.config)
        calls = BudgetedCalls(self._context.budget)
        ordered: set[str] = set()
        for start in window_starts(len(order)):
            window = order[start : start + WINDOW]
            answer = calls.run(lambda window=window: self._ask(prompt, window))  # type: ignore[misc]
            if calls.stopped:
                break
            places = None if answer is None else read_order(answer, len(window))
            if places is not None:
                ordered.update(window)
                order[start : start + WINDOW] = [window[place] for place in places]
        done = ordered and not calls.stopped
        judgements = {item: -float(place) for place, item in enumerate(order)} if done else {}
        unusable = 0 if calls.stopped else len(order) - len(ordered)
        return permutation(ranking, judgements, NAME, calls.notes(len(judgements), len(order), unusable))

    def _ask(self, prompt: ReaderPrompt, window: Sequence[str]) -> str:
        videos, tokens = self._context.items.videos, self._context.config.candidate_tokens
        lines = [
            f"[{number}] {candidate_text(videos[item], tokens, joint='; ')}" for number, item in enumerate(window, 1)
        ]
        messages = prompt.messages(candidates="\n".join(lines), count=str(len(window)))
        return self._context.model.complete(messages, max_tokens=TOKENS_PER_PLACE * len(window)).text


def window_starts(size: int) -> list[int]:
    """Return the first place of each window over `size` candidates, from the last window to the first."""
    last = max(0, size - WINDOW)
    return [*range(last, 0, -STEP), 0] if size else []


def read_order(text: str, size: int) -> list[int] | None:
    """Return the places 0 to size - 1 in the order that `text` names, as in "[3] > [1]"; None if it names none.

    Repeated and unknown numbers are ignored. Places that `text` does not name follow in the old order.
    """
    named = dict.fromkeys(int(number) - 1 for number in NUMBER.findall(text))
    valid = [place for place in named if 0 <= place < size]
    return [*valid, *(place for place in range(size) if place not in named)] if valid else None
