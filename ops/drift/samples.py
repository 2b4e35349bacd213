"""The values of a feature by day: numbers, labels, vectors, rates or levels, and how far the days are apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import numpy as np

from shortlist.core.ranking import FloatArray
from shortlist.ops.drift import divergence
from shortlist.ops.drift.divergence import Counts, Floats
from shortlist.ops.drift.spread import Distances
from shortlist.ops.drift.vectors import RandomFeatures, mmd, sample_of

Statistic = Literal["PSI", "KS", "MMD", "rates", "level"]

BINS = 10  # quantiles of the reference days
MAX_DISTINCT = 20  # numbers with so few values have a bin for each
SMALL = 2_000  # rows of a usual day; with fewer, KS decides: it finds smaller shifts, and takes longer
MIN_EXPECTED = 5  # rows of a label on a usual day; rarer ones are counted together
MAX_LABELS = 30
RESOLUTION = 0.01  # of a level; smaller changes are none


@dataclass(frozen=True, slots=True)
class Measured:
    """The distances by the statistic that decides, and KL divergence and PSI where they are defined."""

    statistic: Statistic
    distances: Distances
    psi: Distances | None = None
    kl: Distances | None = None


class Sample(Protocol):
    """A feature: its values by day. `days` begin with `n` reference days, and all of them have rows."""

    @property
    def name(self) -> str:
        """The name of the feature."""

    def rows(self) -> Mapping[date, int]:
        """Return the number of rows by day."""

    def measure(self, days: Sequence[date], n: int) -> Measured:
        """Return the distances of `days` from the first `n` of them."""

    def change(self, day: date, before: Sequence[date]) -> str:
        """Return in words what is different on `day`."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers, float64[rows] by day."""

    name: str
    by_day: Mapping[date, Floats]

    def rows(self) -> Mapping[date, int]:
        """See `Sample`."""
        return {day: len(values) for day, values in self.by_day.items()}

    def measure(self, days: Sequence[date], n: int) -> Measured:
        """See `Sample`."""
        values = [self.by_day[day] for day in days]
        edges = bin_edges(np.concatenate(values[:n]))
        counts = np.stack([np.bincount(np.searchsorted(edges, one), minlength=len(edges) + 1) for one in values])
        by_psi = _measure_counts(counts, n)
        if np.median([len(one) for one in values]) >= SMALL:
            return by_psi
        return Measured("KS", _ks(values, n), by_psi.psi, by_psi.kl)

    def change(self, day: date, before: Sequence[date]) -> str:
        """See `Sample`."""
        then, now = np.concatenate([self.by_day[one] for one in before]), self.by_day[day]
        means, medians = ([_short(float(f(one))) for one in (then, now)] for f in (np.mean, np.median))
        return f"mean {' → '.join(means)}, median {' → '.join(medians)}"


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels: the number of rows of each, by day."""

    name: str
    by_day: Mapping[date, Mapping[str, int]]

    def rows(self) -> Mapping[date, int]:
        """See `Sample`."""
        return {day: sum(counts.values()) for day, counts in self.by_day.items()}

    def measure(self, days: Sequence[date], n: int) -> Measured:
        """See `Sample`."""
        total = sum((Counter(self.by_day[day]) for day in days[:n]), Counter())
        least = MIN_EXPECTED * total.total() / np.median([sum(self.by_day[day].values()) for day in days])
        frequent = [name for name, count in total.most_common(MAX_LABELS) if count >= least]
        names = frequent or [name for name, _ in total.most_common(1)]
        counts = np.array([_with_others(self.by_day[day], names) for day in days])
        return _measure_counts(counts, n)

    def change(self, day: date, before: Sequence[date]) -> str:
        """See `Sample`."""
        then, now = sum((Counter(self.by_day[one]) for one in before), Counter()), self.by_day[day]
        gains = {name: now.get(name, 0) / sum(now.values()) - then[name] / then.total() for name in {*then, *now}}
        name = max(sorted(gains), key=lambda one: (round(abs(gains[one]), 9), gains[one]))  # rather what is new
        share = now.get(name, 0) / sum(now.values())
        return f"{name}: {share - gains[name]:.1%} → {share:.1%}"


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors, float32[rows, d] by day, compared by MMD."""

    name: str
    by_day: Mapping[date, FloatArray]

    def rows(self) -> Mapping[date, int]:
        """See `Sample`."""
        return {day: len(vectors) for day, vectors in self.by_day.items()}

    def measure(self, days: Sequence[date], n: int) -> Measured:
        """See `Sample`."""
        sets = [self.by_day[day] for day in days]
        features = RandomFeatures(sample_of(sets[:n]))
        sizes = np.array([len(one) for one in sets], dtype=np.float64)
        return Measured("MMD", Distances(*mmd([features.moments(one) for one in sets], sizes, n)))

    def change(self, day: date, before: Sequence[date]) -> str:
        """See `Sample`."""
        then, now = (np.concatenate(one).mean(0) for one in ([self.by_day[d] for d in before], [self.by_day[day]]))
        cosine = float(then @ now / (np.linalg.norm(then) * np.linalg.norm(now)))
        return f"cosine of the mean vectors {cosine:.4f}"


@dataclass(frozen=True, slots=True)
class Rates:
    """Scores, float64[rows], and whether the item was chosen, bool[rows], by day: the rate at equal scores."""

    name: str
    by_day: Mapping[date, tuple[Floats, Counts]]

    def rows(self) -> Mapping[date, int]:
        """See `Sample`."""
        return {day: len(scores) for day, (scores, _) in self.by_day.items()}

    def measure(self, days: Sequence[date], n: int) -> Measured:
        """See `Sample`."""
        tables = self._tables(days, days[:n])
        return Measured("rates", Distances(*divergence.rate_divergence(tables[:, None], tables[None, :n])))

    def change(self, day: date, before: Sequence[date]) -> str:
        """See `Sample`."""
        *then, now = self._tables([*before, day], before)
        rates = (sum(then)[:, 1] + 0.5) / (sum(then).sum(1) + 1)
        expected = float((rates * now.sum(1)).sum() / now.sum())
        return f"{expected:.1%} chosen at these scores → {now[:, 1].sum() / now.sum():.1%}"

    def _tables(self, days: Sequence[date], reference: Sequence[date]) -> Counts:
        """Return the counts of [not chosen, chosen] by quantile of the score, int64[days, bins, 2]."""
        edges = bin_edges(np.concatenate([self.by_day[day][0] for day in reference]))
        tables = np.zeros((len(days), len(edges) + 1, 2), dtype=np.int64)
        for table, day in zip(tables, days, strict=True):
            scores, chosen = self.by_day[day]
            np.add.at(table, (np.searchsorted(edges, scores), chosen.astype(np.int64)), 1)
        return tables


@dataclass(frozen=True, slots=True)
class Levels:
    """One number a day, with its variance and the number of rows that it is of."""

    name: str
    by_day: Mapping[date, tuple[float, float, int]]

    def rows(self) -> Mapping[date, int]:
        """See `Sample`."""
        return {day: rows for day, (_, _, rows) in self.by_day.items()}

    def measure(self, days: Sequence[date], n: int) -> Measured:
        """See `Sample`."""
        level, variance, _ = np.array([self.by_day[day] for day in days]).T
        variance = np.maximum(variance, (RESOLUTION * np.abs(level[:n]).mean()) ** 2 + 1e-12)
        squared = (level[:, None] - level[None, :n]) ** 2
        return Measured("level", Distances(squared, variance[:, None] + variance[None, :n]))

    def change(self, day: date, before: Sequence[date]) -> str:
        """See `Sample`."""
        then = np.mean([self.by_day[one][0] for one in before])
        return f"{_short(float(then))} → {_short(self.by_day[day][0])}"


def bin_edges(values: Floats) -> Floats:
    """Return the inner edges of the bins of `values`, float64[bins - 1], ascending.

    Numbers with few different values have a bin for each, and one for smaller and for larger ones.
    """
    distinct = np.unique(values)
    if len(distinct) > MAX_DISTINCT:
        return np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
    between = (distinct[1:] + distinct[:-1]) / 2
    return np.array([np.nextafter(distinct[0], -np.inf), *between, distinct[-1]])


def _measure_counts(counts: Counts, n: int) -> Measured:
    shares, sizes = divergence.shares(counts), counts.sum(1).astype(np.float64)
    ours, theirs = shares[:, None], shares[None, :n]
    floor = divergence.psi_floor(counts.shape[1], sizes[:, None], sizes[None, :n])
    by_psi = Distances(divergence.psi(ours, theirs), floor)
    return Measured("PSI", by_psi, by_psi, Distances(divergence.kl_divergence(ours, theirs), floor / 2))


def _ks(values: Sequence[Floats], n: int) -> Distances:
    from scipy.stats import ks_2samp

    squared = np.zeros((len(values), n))
    for day in range(len(values)):
        for other in range(min(day, n)):
            squared[day, other] = ks_2samp(values[day], values[other], method="asymp").statistic ** 2
            if day < n:
                squared[other, day] = squared[day, other]
    one_over = 1 / np.array([len(one) for one in values])
    return Distances(squared, divergence.KS_MEAN * (one_over[:, None] + one_over[None, :n]))


def _with_others(counts: Mapping[str, int], names: Sequence[str]) -> list[int]:
    named = [counts.get(name, 0) for name in names]
    return [*named, sum(counts.values()) - sum(named)]


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
