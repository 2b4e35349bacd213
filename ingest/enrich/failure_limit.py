"""When it is not the text but the model: a run over many texts ends where the model no longer answers."""

from __future__ import annotations

from shortlist.core.errors import ModelFailed

AT_FIRST, IN_A_ROW = 3, 10


class FailureLimit:
    """Bears failures of single texts, until the first three fail, or ten in a row."""

    def __init__(self) -> None:
        self._answered = False
        self._failed = 0

    def answered(self) -> None:
        """The model answered."""
        self._answered, self._failed = True, 0

    def failed(self, error: ModelFailed) -> None:
        """The model failed a text. Raises `error` where that is one too many."""
        self._failed += 1
        if self._failed == (IN_A_ROW if self._answered else AT_FIRST):
            raise error
