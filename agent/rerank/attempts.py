"""Asking a model several times, until the time is up or it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shortlist.agent.rerank.context import Budget
from shortlist.core.errors import ModelFailed, UnusableAnswer

T = TypeVar("T")

IN_A_ROW = 3  # unusable answers after which no better one is to be expected


class Attempts:
    """Makes calls as long as the budget has room and the model answers; after that `over` is True for good.

    A single unusable answer ends nothing, three in a row do.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._ended = ""
        self._failure = ""
        self._unusable = 0  # in a row

    @property
    def over(self) -> bool:
        """Whether no further call is made."""
        return bool(self._ended)

    def run(self, call: Callable[[], T]) -> T | None:
        """What `call` returns; None where it was not made, failed, or gave no usable answer."""
        if self.over:
            return None
        if not self._budget.fits():
            self._ended = "its time budget"
            return None
        try:
            answer = call()
        except ModelFailed as error:
            self._unusable += 1
            if not isinstance(error, UnusableAnswer) or self._unusable == IN_A_ROW:
                self._ended, self._failure = "the language model", f": {error}"
            return None
        self._unusable = 0
        return answer

    def notes(self, judged: int, wanted: int, unusable: int = 0) -> tuple[str, ...]:
        """What a person should know: why it ended early, with how many judged, and how many answers were no use."""
        notes = []
        if self.over:
            notes.append(f"rerank stopped by {self._ended}: {judged} of {wanted} judged{self._failure}")
        if unusable and not self._failure:
            notes.append(f"the language model gave no usable answer for {unusable} candidates")
        return tuple(notes)
