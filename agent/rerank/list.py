"""The model writes the order: RankGPT's sliding window (Sun et al., EMNLP 2023), the published baseline.

A window of 20 moves up from the end of the head in steps of 10, so that the best of each window is judged again in the
next. Generation costs more than a letter's log-probability, and small models order hardly better than chance: for
ablations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shortlist.agent.prompt_safety.sanitize import candidate_text
from shortlist.agent.rerank.attempts import Attempts
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.judged import permutation
from shortlist.agent.rerank.question import Question, question
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile

NAME = "list"
WINDOW = 20
STEP = 10
TOKENS_PER_PLACE = 6  # "[12] > "
NUMBER = re.compile(r"\d{1,3}")


class ListOrder:
    """Judges the head all or not at all: half a pass would put its end above its beginning."""

    def __init__(self, setting: RerankContext) -> None:
        self._setting = setting

    def rerank(self, profile: Profile, wish: str | None, ranking: Ranking) -> Ranking:
        """A permutation by the written order; scores are places, negative (see `Reranker`)."""
        order = self._setting.head(ranking.ids)
        asked = question(NAME, profile, wish, self._setting.shelf, self._setting.config)
        attempts = Attempts(self._setting.budget)
        read: set[str] = set()
        for start in window_starts(len(order)):
            window = order[start : start + WINDOW]
            written = attempts.run(lambda shown=window: self._written(asked, shown))  # type: ignore[misc]
            if attempts.over:
                break
            places = None if written is None else read_order(written, len(window))
            if places is not None:
                read.update(window)
                order[start : start + WINDOW] = [window[at] for at in places]
        judged = {item: -float(place) for place, item in enumerate(order)} if read and not attempts.over else {}
        unread = 0 if attempts.over else len(order) - len(read)
        return permutation(ranking, judged, NAME, attempts.notes(len(judged), len(order), unread))

    def _written(self, asked: Question, window: Sequence[str]) -> str:
        videos, tokens = self._setting.shelf.videos, self._setting.config.candidate_tokens
        lines = [
            f"[{number}] {candidate_text(videos[item], tokens, joint='; ')}" for number, item in enumerate(window, 1)
        ]
        messages = asked.messages(candidates="\n".join(lines), count=str(len(window)))
        return self._setting.model.complete(messages, max_tokens=TOKENS_PER_PLACE * len(window)).text


def window_starts(size: int) -> list[int]:
    """Where the windows over `size` candidates begin, from the last to the first."""
    last = max(0, size - WINDOW)
    return [*range(last, 0, -STEP), 0] if size else []


def read_order(written: str, size: int) -> list[int] | None:
    """The places 0 to size - 1 in the order written, as "[3] > [1]"; None where it names no place.

    Repeats and numbers of no candidate are passed over; what is not named follows in the old order.
    """
    named = dict.fromkeys(int(number) - 1 for number in NUMBER.findall(written))
    valid = [place for place in named if 0 <= place < size]
    return [*valid, *(place for place in range(size) if place not in named)] if valid else None
