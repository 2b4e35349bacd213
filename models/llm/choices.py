"""One-token choices: summing the variants that a server returns, and standing in for those it does not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from shortlist.core.errors import ModelFailed, UsageError


def check_choices(choices: Sequence[str], most: int) -> None:
    """Raise `UsageError` unless `choices` are 1 to `most` texts, not blank and distinct when lowered."""
    distinct = {_key(choice) for choice in choices} - {""}
    if len(distinct) != len(choices) or not 1 <= len(choices) <= most:
        raise UsageError(
            "bad choices",
            expected=f"1 to {most} texts, not blank and distinct when lowered",
            found=repr(list(choices)),
            remedy="ask for fewer or other choices, or use a model with log-probabilities",
        )


def score_choices(
    choices: Sequence[str], returned: Iterable[tuple[str, float]], model: str
) -> tuple[npt.NDArray[np.float64], tuple[bool, ...]]:
    """Log-probabilities float64[len(choices)] aligned with `choices`, and which of them were not `returned`.

    `returned` are (token, log-probability) pairs, each token once. Variants of case and leading space are summed; a
    choice without any gets the smallest log-probability returned. Raises `ModelFailed` where there is nothing to sum,
    or a value is not a log-probability.
    """
    pairs = list(returned)
    # A server may round a certainty to slightly more than 0.
    if not pairs or not all(math.isfinite(value) and value <= 1e-3 for _, value in pairs):
        shown = f"{len(pairs)} tokens, one with {_worst(pairs)}" if pairs else "none"
        raise ModelFailed(
            f"no usable log-probabilities from {model}",
            expected="finite log-probabilities of the first token",
            found=shown,
            remedy="ask the model for JSON instead, or use another model",
        )
    least = min(value for _, value in pairs)
    groups = [[value for token, value in pairs if _key(token) == _key(choice)] for choice in choices]
    scores = [float(np.logaddexp.reduce(group)) if group else least for group in groups]
    return np.array(scores, dtype=np.float64), tuple(not group for group in groups)


def _key(token: str) -> str:
    return token.lstrip().lower()


def _worst(pairs: Sequence[tuple[str, float]]) -> float:
    return next(value for _, value in pairs if not (math.isfinite(value) and value <= 1e-3))
