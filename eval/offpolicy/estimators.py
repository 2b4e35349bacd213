"""Estimates of what readers would have chosen from the lists of another ranking.

The model is that of the item and its place: whether an item is chosen depends on the reader, the item and its place,
not on the other items. A place of a logged list then tells about the other ranking if both have the same item there,
with the weight 1 / (probability with which it was drawn). Li et al., "Offline evaluation of ranking policies with click
models", KDD 2018. All estimates are choices a list; the intervals are normal ones of 95 % over lists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

LEVEL = 0.95
FOLDS = 2  # of the lists: a list's baseline is learned from the others

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LoggedPlaces:
    """The places of `n` logged lists, aligned: `of` is the list, from 0 to n - 1, and `place` counts from 0.

    `target` is the probability with which the other ranking has the shown item at that place, 0 or 1 if nothing is
    drawn; `propensity` is the probability with which it was drawn, and `reward` is 1 if it was chosen, else 0. All are
    of length m.
    """

    n: int
    of: Integers
    place: Integers
    target: Floats
    propensity: Floats
    reward: Floats

    def weights(self, clip: float = np.inf) -> Floats:
        """Return the importance weights, float[m], at most `clip`."""
        return np.minimum(self.target / self.propensity, clip)

    def by_list(self, values: Floats) -> Floats:
        """Return the sums of `values`, float[m], by list, float[n]."""
        return np.bincount(self.of, values, self.n).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Choices a list, with their interval."""

    value: float
    low: float
    high: float


def logged_value(places: LoggedPlaces) -> Estimate:
    """Return the choices a list of the logged lists themselves."""
    return _mean(places.by_list(places.reward))


def ips(places: LoggedPlaces, clip: float = np.inf) -> Estimate:
    """Return the inverse propensity estimate (Horvitz and Thompson 1952): unbiased without `clip`."""
    return _mean(places.by_list(places.weights(clip) * places.reward))


def snips(places: LoggedPlaces, clip: float = np.inf) -> Estimate:
    """Return the self-normalised estimate: weights are divided by their mean, which would be 1 in the long run.

    Swaminathan and Joachims, "The self-normalized estimator for counterfactual learning", NeurIPS 2015. The interval is
    by the delta method for a ratio of means.
    """
    weights = places.weights(clip)
    total, per_list = places.by_list(weights), places.of.size / places.n
    chosen = places.by_list(weights * places.reward)
    if not total.any():
        return Estimate(np.nan, np.nan, np.nan)
    ratio = chosen.mean() / total.mean()
    spread = _mean((chosen - ratio * total) / total.mean())
    return Estimate(*(float(per_list * (ratio + one)) for one in (0.0, spread.low, spread.high)))


def doubly_robust(places: LoggedPlaces, clip: float = np.inf) -> Estimate:
    """Return the doubly robust estimate: a baseline for each place, and importance weights for what it misses.

    The baseline is the share of items that were chosen at the place, learned from the other half of the lists. Dudik,
    Langford and Li, "Doubly robust policy evaluation and learning", ICML 2011.
    """
    baseline = _baseline(places)
    residuals = places.weights(clip) * (places.reward - baseline)
    return _mean(places.by_list(baseline + residuals))


def effective_size(places: LoggedPlaces, clip: float = np.inf) -> float:
    """Return the number of equally weighted places that would be worth as much (Kish 1965)."""
    weights = places.weights(clip)
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0


def support(places: LoggedPlaces) -> Estimate:
    """Return the share of the other ranking's places that the log could have shown: the mean weight of a place.

    Each weight is 1 on average where the item could be shown, and 0 where it could not.
    """
    sizes = places.by_list(np.ones(places.of.size))
    return _mean(places.by_list(places.weights()) / np.maximum(sizes, 1))


def _baseline(places: LoggedPlaces) -> Floats:
    """Return the share of chosen items by place, float[m], each from the lists of the other fold."""
    learned = np.empty(places.of.size)
    depth = int(places.place.max(initial=0)) + 1
    for fold in range(FOLDS):
        inside = places.of % FOLDS == fold
        others = places.place[~inside]
        seen, chosen = np.bincount(others, minlength=depth), np.bincount(others, places.reward[~inside], depth)
        learned[inside] = (chosen / np.maximum(seen, 1))[places.place[inside]]
    return learned


def _mean(values: Floats) -> Estimate:
    mean = float(values.mean())
    error = float(norm.ppf((1 + LEVEL) / 2) * values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else np.inf
    return Estimate(mean, mean - error, mean + error)
