"""End a run over many texts when the model fails for all of them, not only for single ones."""

from __future__ import annotations

from shortlist.core.errors import ModelFailed

MAX_FIRST, MAX_IN_A_ROW = 3, 10


class FailureLimit:
    """Tolerates failures of single texts until the first three fail, or ten in a row."""

    def __init__(self) -> None:
        self._succeeded = False
        self._failures = 0

    def success(self) -> None:
        """Record an answer of the model."""
        self._succeeded, self._failures = True, 0

    def failure(self, error: ModelFailed) -> None:
        """Record a failure. Raises `error` if the limit is reached."""
        self._failures += 1
        if self._failures == (MAX_IN_A_ROW if self._succeeded else MAX_FIRST):
            raise error
