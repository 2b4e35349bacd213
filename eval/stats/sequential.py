"""An anytime-valid sign test: you may look after every session and stop when you like, and it stays valid.

Under the null hypothesis each session that is not tied is won by either side with probability 1/2, whatever happened
before. The likelihood ratio of a Beta mixture over that probability against 1/2 is then a martingale that starts at 1.
By Ville's inequality it ever reaches 1 / alpha with probability alpha at most. Robbins, "Statistical methods related to
the law of the iterated logarithm", Ann. Math. Statist. 1970; the confidence sequence, which inverts the test at each
probability, is the beta-binomial one of Howard et al., "Time-uniform, nonparametric, nonasymptotic confidence
sequences", Ann. Statist. 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, log

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import betaln, xlog1py, xlogy

ALPHA = 0.05
PRIOR = 10.0  # of the mixture Beta(PRIOR, PRIOR): most sensitive to win rates of about 0.6 after some 100 sessions
MAX_SESSIONS = 100_000  # beyond this a forecast says nothing


@dataclass(frozen=True, slots=True)
class SignTest:
    """Sessions won by `a` and by `b`, and the tied ones.

    `p` is valid at any time. `low` and `high` bound the probability that `b` wins a session that is not tied, with 95 %
    confidence at all times together. `winner` is "a", "b", or None while nothing is decided. `more` is the number of
    further sessions, tied ones included, after which it will be if they go on as they went; None if that is
    `MAX_SESSIONS` or more, or unknown.
    """

    a: int
    b: int
    ties: int
    p: float
    low: float
    high: float
    winner: str | None
    more: int | None


def sign_test(outcomes: Sequence[int], alpha: float = ALPHA, prior: float = PRIOR) -> SignTest:
    """Test whether `b` wins as often as `a`.

    `outcomes` are those of the sessions in order: -1 if `a` won, 0 for a tie, 1 if `b` won. Once decided, later
    sessions do not change the winner.
    """
    decisive = np.array([outcome for outcome in outcomes if outcome], dtype=np.int64)
    won_b = np.cumsum(decisive > 0)
    won_a = np.arange(1, decisive.size + 1) - won_b
    evidence = log_evidence(won_a, won_b, prior)
    a, b = (int(won_a[-1]), int(won_b[-1])) if decisive.size else (0, 0)
    crossed = np.flatnonzero(evidence >= -log(alpha))
    winner = None
    if crossed.size:
        winner = "b" if won_b[crossed[0]] > won_a[crossed[0]] else "a"
    p = float(np.exp(-evidence.max(initial=0.0)))
    more = 0 if winner else _more(a, b, len(outcomes), alpha, prior)
    return SignTest(a, b, len(outcomes) - a - b, min(1.0, p), *confidence_sequence(a, b, alpha, prior), winner, more)


def log_evidence(
    a: npt.ArrayLike, b: npt.ArrayLike, prior: float = PRIOR, probability: float = 0.5
) -> npt.NDArray[np.float64]:
    """Return the log of the mixture's likelihood ratio against `probability` for `b`, for wins `a` and `b`."""
    won_a, won_b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    mixture = betaln(prior + won_a, prior + won_b) - betaln(prior, prior)
    ratio: npt.NDArray[np.float64] = mixture - xlogy(won_b, probability) - xlog1py(won_a, -probability)
    return ratio


def confidence_sequence(a: int, b: int, alpha: float = ALPHA, prior: float = PRIOR) -> tuple[float, float]:
    """Return the bounds of the probability that `b` wins: those that the test does not reject at `alpha`."""

    def excess(probability: float) -> float:
        return float(log_evidence(a, b, prior, probability)) + log(alpha)

    if a + b == 0:
        return 0.0, 1.0
    best = b / (a + b)
    tiny = 1e-12
    low = brentq(excess, tiny, best) if b and excess(tiny) > 0 else 0.0
    high = brentq(excess, best, 1 - tiny) if a and excess(1 - tiny) > 0 else 1.0
    return float(low), float(high)


def _more(a: int, b: int, sessions: int, alpha: float, prior: float) -> int | None:
    """Return the number of further sessions until the evidence suffices, at the present rates."""
    if a == b:
        return None
    decisive, needed = a + b, inf
    low, high = decisive, MAX_SESSIONS
    if _evidence_at(high, b / decisive, prior) >= -log(alpha):
        while low < high:  # the evidence grows with the sessions
            middle = (low + high) // 2
            if _evidence_at(middle, b / decisive, prior) >= -log(alpha):
                high = middle
            else:
                low = middle + 1
        needed = (low - decisive) * sessions / decisive
    return ceil(needed) if needed < MAX_SESSIONS else None


def _evidence_at(decisive: float, share: float, prior: float) -> float:
    return float(log_evidence((1 - share) * decisive, share * decisive, prior))
