"""Scores of one-token choices from the log-probabilities that a server returns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from shortlist.core.errors import ModelFailed, UsageError


def check_choices(choices: Sequence[str], limit: int) -> None:
    """Raise `UsageError` unless `choices` are 1 to `limit` texts that are not blank and differ in lower case."""
    distinct = {_key(choice) for choice in choices} - {""}
    if len(distinct) != len(choices) or not 1 <= len(choices) <= limit:
        raise UsageError(
            "bad choices",
            expected=f"1 to {limit} texts that are not blank and differ in lower case",
            found=repr(list(choices)),
            remedy="use fewer or other choices, or a model with log-probabilities",
        )


def score_choices(
    choices: Sequence[str], returned: Iterable[tuple[str, float]], model: str
) -> tuple[npt.NDArray[np.float64], tuple[bool, ...]]:
    """Return log-probabilities, float64[len(choices)], and for each choice whether it is missing from `returned`.

    `returned` are (token, log-probability) pairs, each token once. Variants of case and leading space are summed; a
    missing choice gets the smallest log-probability in `returned`. Raises `ModelFailed` if `returned` is empty or has a
    value that is not a log-probability.
    """
    pairs = list(returned)
    # A server may round the log-probability of a certain token to slightly more than 0.
    if not pairs or not all(math.isfinite(value) and value <= 1e-3 for _, value in pairs):
        found = f"{len(pairs)} tokens, one with {_first_invalid(pairs)}" if pairs else "none"
        raise ModelFailed(
            f"no usable log-probabilities from {model}",
            expected="finite log-probabilities of the first token",
            found=found,
            remedy="ask the model for JSON instead, or use another model",
        )
    least = min(value for _, value in pairs)
    groups = [[value for token, value in pairs if _key(token) == _key(choice)] for choice in choices]
    scores = [float(np.logaddexp.reduce(group)) if group else least for group in groups]
    return np.array(scores, dtype=np.float64), tuple(not group for group in groups)


def _key(token: str) -> str:
    return token.lstrip().lower()


def _first_invalid(pairs: Sequence[tuple[str, float]]) -> float:
    return next(value for _, value in pairs if not (math.isfinite(value) and value <= 1e-3))
