"""Time budget of one rerank, and the model calls that it allows."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

from shortlist.core.errors import ModelFailed, UnusableAnswer
from shortlist.core.notes import Note, NoteCode

T = TypeVar("T")

MAX_UNUSABLE = 3  # unusable answers in a row after which the model is given up


class Budget:
    """Milliseconds that model calls may take together; no limit where `ms` is None.

    The shorter of the last two calls predicts the next one, and a call that would not fit is not started. So a rerank
    exceeds its budget by one mispredicted call at most. Two calls, because the first one may also load the model.
    """

    def __init__(self, ms: float | None, clock: Callable[[], float] = perf_counter) -> None:
        self._ms = ms
        self._clock = clock
        self._start = self._last = clock()
        self._call_s = self._earlier_call_s = 0.0

    @property
    def is_limited(self) -> bool:
        """False if calls may take any time."""
        return self._ms is not None

    def calls_left(self) -> int | None:
        """Return how many calls should still end in time after two or more; None without a limit."""
        if self._ms is None:
            return None
        now = self._clock()
        call_s = min(self._call_s, now - self._last)
        left_s = self._ms / 1000 - (now - self._start)
        return max(0, int(left_s / call_s)) if call_s > 0 else None

    def fits(self) -> bool:
        """Return whether a call started now should end in time. Use it once before each call."""
        now = self._clock()
        self._earlier_call_s, self._call_s, self._last = self._call_s, now - self._last, now
        if self._ms is None:
            return True
        return (now - self._start) + min(self._earlier_call_s, self._call_s) < self._ms / 1000


class BudgetedCalls:
    """Runs model calls until the budget is spent or the model fails; `stopped` is then True for good.

    A single unusable answer does not stop them, `MAX_UNUSABLE` in a row do.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._out_of_time = False
        self._failure = ""
        self._unusable_in_a_row = 0

    @property
    def failed(self) -> bool:
        """True if the model failed, so that no further call will be made."""
        return bool(self._failure)

    @property
    def stopped(self) -> bool:
        """True if no further call will be made."""
        return self._out_of_time or bool(self._failure)

    def run(self, call: Callable[[], T]) -> T | None:
        """Return the answer of `call`; None if it was not made, failed, or gave no usable answer."""
        if self.stopped:
            return None
        if not self.budget.fits():
            self._out_of_time = True
            return None
        try:
            answer = call()
        except ModelFailed as error:
            self._unusable_in_a_row += 1
            if not isinstance(error, UnusableAnswer) or self._unusable_in_a_row == MAX_UNUSABLE:
                self._failure = str(error)
            return None
        self._unusable_in_a_row = 0
        return answer

    def notes(self, judged: int, total: int, unusable: int = 0) -> tuple[Note, ...]:
        """Return notes on why the calls stopped after `judged` of `total` candidates, and on unusable answers."""
        notes = []
        if self.stopped:
            notes.append(self._stop_note(judged, total))
        if unusable and not self._failure:
            message = f"the language model gave no usable answer for {unusable} candidates"
            notes.append(Note("unusable-answers", message))
        return tuple(notes)

    def _stop_note(self, judged: int, total: int) -> Note:
        if not self._failure:
            return out_of_time_note(judged)
        code: NoteCode = "partly-judged" if judged else "model-failed"
        return Note(code, f"rerank stopped by the language model: {judged} of {total} judged", self._failure)


def out_of_time_note(judged: int) -> Note:
    """Return a note on a rerank whose time budget allowed only `judged` candidates."""
    if not judged:
        return Note("out-of-time", "the time budget allowed no judgement: retrieval order kept")
    return Note("partly-judged", f"judged {judged} of {judged} candidates that the time budget allowed")
