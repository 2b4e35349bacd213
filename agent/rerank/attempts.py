"""Asking a model several times, until the time is up or it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shortlist.agent.rerank.context import Budget
from shortlist.core.errors import ModelFailed, UnusableAnswer
from shortlist.core.notes import Note, NoteCode

T = TypeVar("T")

IN_A_ROW = 3  # unusable answers after which no better one is to be expected


class Attempts:
    """Makes calls as long as the budget has room and the model answers; after that `over` is True for good.

    A single unusable answer ends nothing, three in a row do.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._late = False
        self._failure = ""
        self._unusable = 0  # in a row

    @property
    def over(self) -> bool:
        """Whether no further call is made."""
        return self._late or bool(self._failure)

    def run(self, call: Callable[[], T]) -> T | None:
        """Return the answer of `call`; None where it was not made, failed, or gave no usable answer."""
        if self.over:
            return None
        if not self._budget.fits():
            self._late = True
            return None
        try:
            answer = call()
        except ModelFailed as error:
            self._unusable += 1
            if not isinstance(error, UnusableAnswer) or self._unusable == IN_A_ROW:
                self._failure = str(error)
            return None
        self._unusable = 0
        return answer

    def notes(self, judged: int, wanted: int, unusable: int = 0) -> tuple[Note, ...]:
        """Say why it ended early, with how many judged, and how many answers were unusable."""
        notes = []
        if self.over:
            notes.append(self._ended(judged, wanted))
        if unusable and not self._failure:
            told = f"the language model gave no usable answer for {unusable} candidates"
            notes.append(Note("unusable-answers", told))
        return tuple(notes)

    def _ended(self, judged: int, wanted: int) -> Note:
        by = "the language model" if self._failure else "its time budget"
        nothing: NoteCode = "model-failed" if self._failure else "out-of-time"
        code: NoteCode = "partly-judged" if judged else nothing
        return Note(code, f"rerank stopped by {by}: {judged} of {wanted} judged", self._failure)
