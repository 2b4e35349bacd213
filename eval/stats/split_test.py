"""An anytime-valid test of two groups of readers: you may look after every list and stop when you like.

It is the mixture sequential probability ratio test for a difference of two means with a normal mixture, whose error is
at most alpha at all times together for large groups. Robbins, "Statistical methods related to the law of the iterated
logarithm", Ann. Math. Statist. 1970; Johari, Koomen, Pekelis and Walsh, "Always valid inference: continuous monitoring
of A/B tests", Operations Research 2022. A reader is one observation, however many lists they have: the mean number of
choices of their lists. So heavy readers count no more than others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, exp, inf, log, sqrt

ALPHA = 0.05
SPREAD = 0.2  # of the mixture, in standard deviations of the readers: most sensitive to differences of this size
LEAST = 20  # readers on each side, before their means are nearly normal
MAX_READERS = 10_000_000  # beyond this a forecast says nothing


@dataclass(frozen=True, slots=True)
class SplitTest:
    """Numbers of readers `a` and `b`, and their mean choices a list.

    `p` is valid at any time. `low` and `high` bound the difference, b less a, with 95 % confidence at all times
    together; infinite with fewer than `LEAST` readers on a side. `winner` is "a", "b", or None while nothing is
    decided. `more` is the number of further readers after which it will be if they choose as the others did; None if
    that is `MAX_READERS` or more, or unknown.
    """

    a: int
    b: int
    mean_a: float
    mean_b: float
    p: float
    low: float
    high: float
    winner: str | None
    more: int | None


class _Side:
    """Sums over the readers of one side, of whom each counts with the mean of their lists so far."""

    def __init__(self) -> None:
        self._lists: dict[str, tuple[int, int]] = {}  # by reader: the number of lists and of choices
        self._sum = self._squares = 0.0

    def add(self, reader: str, choices: int) -> None:
        lists, chosen = self._lists.get(reader, (0, 0))
        before = chosen / lists if lists else 0.0
        now = (chosen + choices) / (lists + 1)
        self._lists[reader] = lists + 1, chosen + choices
        self._sum += now - before
        self._squares += now**2 - before**2

    @property
    def size(self) -> int:
        return len(self._lists)

    @property
    def mean(self) -> float:
        return self._sum / self.size if self.size else 0.0

    @property
    def variance(self) -> float:
        if self.size < 2:
            return 0.0
        return max(0.0, self._squares - self.size * self.mean**2) / (self.size - 1)


def split_test(lists: Iterable[tuple[str, str, int]], alpha: float = ALPHA) -> SplitTest:
    """Test whether readers of side "b" choose as much as those of "a".

    `lists` are (side, reader, number of choices) in the order of time. Once decided, later lists do not change the
    winner.
    """
    sides = {"a": _Side(), "b": _Side()}
    most, winner = 0.0, None
    for side, reader, choices in lists:
        sides[side].add(reader, choices)
        evidence = _evidence(sides["a"], sides["b"])
        most = max(most, evidence)
        if winner is None and evidence >= -log(alpha):
            winner = "b" if sides["b"].mean > sides["a"].mean else "a"
    a, b = sides["a"], sides["b"]
    difference, radius = b.mean - a.mean, _radius(a, b, alpha)
    more = 0 if winner else _more(a, b, alpha)
    return SplitTest(
        a.size, b.size, a.mean, b.mean, min(1.0, exp(-most)), difference - radius, difference + radius, winner, more
    )


def log_evidence(difference: float, variance: float, spread: float) -> float:
    """Return the log of the mixture's likelihood ratio against no difference.

    `variance` is that of the observed `difference` of means, and `spread` the standard deviation of the mixture.
    """
    total = variance + spread**2
    return 0.5 * log(variance / total) + (spread * difference) ** 2 / (2 * variance * total)


def _evidence(a: _Side, b: _Side) -> float:
    variance, spread = _scale(a, b)
    return log_evidence(b.mean - a.mean, variance, spread) if variance else 0.0


def _scale(a: _Side, b: _Side) -> tuple[float, float]:
    """Return the variance of the difference of means, 0 while there are too few readers, and the mixture's spread."""
    if min(a.size, b.size) < LEAST:
        return 0.0, 0.0
    return a.variance / a.size + b.variance / b.size, SPREAD * sqrt((a.variance + b.variance) / 2)


def _radius(a: _Side, b: _Side, alpha: float) -> float:
    variance, spread = _scale(a, b)
    if not variance:
        return inf
    total = variance + spread**2
    return sqrt(variance * total / spread**2 * (log(total / variance) - 2 * log(alpha)))


def _more(a: _Side, b: _Side, alpha: float) -> int | None:
    """Return the number of further readers until the evidence suffices, at the present means and variances."""
    variance, spread = _scale(a, b)
    readers = a.size + b.size
    if not variance or a.mean == b.mean:
        return None

    def suffices(times: float) -> bool:
        return log_evidence(b.mean - a.mean, variance / times, spread) >= -log(alpha)

    low, high = 1.0, MAX_READERS / readers
    if not suffices(high):
        return None
    while high / low > 1.001:  # the evidence grows with the readers
        middle = sqrt(low * high)
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return ceil((high - 1) * readers)
