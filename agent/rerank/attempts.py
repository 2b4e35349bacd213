"""Asking a model several times, until the time is up or it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from agent.rerank.budget import Budget
from core.errors import ModelFailed

T = TypeVar("T")


class Attempts:
    """Makes calls as long as the budget has room and the model answers; after that `over` is True for good."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._ended = ""
        self._failure = ""

    @property
    def over(self) -> bool:
        """Whether no further call is made."""
        return bool(self._ended)

    def run(self, call: Callable[[], T]) -> T | None:
        """What `call` returns; None where it was not made, or failed."""
        if self.over:
            return None
        if not self._budget.fits():
            self._ended = "its time budget"
            return None
        try:
            return call()
        except ModelFailed as error:
            self._ended, self._failure = "the language model", f": {error}"
            return None

    def notes(self, judged: int, wanted: int, unusable: int = 0) -> tuple[str, ...]:
        """What a person should know: why it ended early, with how many judged, and how many answers were no use."""
        notes = []
        if self.over:
            notes.append(f"rerank stopped by {self._ended}: {judged} of {wanted} judged{self._failure}")
        if unusable:
            notes.append(f"the language model gave no usable answer for {unusable} candidates")
        return tuple(notes)
