"""Simulate a reader's behaviour on arrays: which shown items they choose, watch, skip and like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shortlist.core.ranking import FloatArray
from shortlist.ingest.simulate.tastes import Taste

Indexes = NDArray[np.intp]

WEEKS = 6
MEAN_SESSIONS = 7
MAX_SESSIONS = 40
NEAR = 5  # items of a slate drawn towards the interest of the session, as by an imperfect recommender
FAR = 5  # items of a slate drawn from the whole catalogue
POSITION_BIAS = 0.35  # loss of utility in standard deviations per unit of log position
LIKED_FROM = 2.0  # similarity with a liking of 0.5, in standard deviations above the catalogue's mean
MAX_DWELL_S = 1200.0  # below the 30 minutes that would split a session
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Slate:
    """The items shown to a reader in all sessions. Every array has one entry per exposure, sessions in time order.

    `item`: row of the catalogue, each at most once. `session`: from 0. `position`: from 1. `similarity`: cosine
    with the interest of the session.
    """

    item: Indexes
    session: Indexes
    position: Indexes
    similarity: FloatArray


@dataclass(frozen=True, slots=True)
class Interactions:
    """The reader's reactions, aligned with the slate.

    `skipped` and `liked` items are subsets of those the reader `chose`. `dwell_s` is 0 for items not chosen.
    `shown_at` and `chosen_at` are in seconds since 1970.
    """

    chose: NDArray[np.bool_]
    skipped: NDArray[np.bool_]
    liked: NDArray[np.bool_]
    dwell_s: FloatArray
    shown_at: NDArray[np.float64]
    chosen_at: NDArray[np.float64]


def expose(rng: np.random.Generator, taste: Taste, similarities: FloatArray, scale: float) -> Slate:
    """Draw the slates of all sessions. `similarities` is float32[c, n]: each of the reader's centres with each item."""
    n_sessions = min(int(rng.geometric(1 / MEAN_SESSIONS)), MAX_SESSIONS)
    focus = rng.choice(len(taste.weights), n_sessions, p=_probabilities(taste.weights))
    drawn = [_towards(rng, row, 0.5 * scale, NEAR * n_sessions) for row in similarities]
    anywhere = rng.permutation(similarities.shape[1])[: FAR * n_sessions]
    slates = []
    for k, centre in enumerate(focus):
        near = drawn[centre][k * NEAR : (k + 1) * NEAR]
        slates.append(rng.permutation(np.concatenate([near, anywhere[k * FAR : (k + 1) * FAR]])))
    item = np.concatenate(slates)
    session = np.repeat(np.arange(n_sessions), [len(slate) for slate in slates])
    first = np.sort(np.unique(item, return_index=True)[1])
    item, session = item[first], session[first]
    starts = np.searchsorted(session, session)
    position = np.arange(len(item)) - starts + 1
    return Slate(item, session, position, similarities[focus[session], item])


def act(
    rng: np.random.Generator, taste: Taste, slate: Slate, lengths_s: FloatArray, mean: float, scale: float, now_s: float
) -> Interactions:
    """Draw the reader's choices, dwell times and times.

    `lengths_s` is float[n] over the catalogue; `mean` and `scale` are the mean and standard deviation of similarities
    in it. `now_s` is in seconds since 1970.
    """
    standard = (slate.similarity - mean) / scale
    chose = _choose(rng, taste, slate, standard)
    liking = 1 / (1 + np.exp(-2 * (standard - LIKED_FROM)))
    skipped = chose & (rng.random(len(liking)) < taste.skip_rate * (1 - liking))
    share = taste.patience * (0.1 + 0.9 * liking) * rng.lognormal(0, 0.3, len(liking))
    share[skipped] = rng.uniform(0.02, 0.1, int(skipped.sum()))
    dwell = np.clip(lengths_s[slate.item] * np.clip(share, 0.02, 1.0), 1.0, MAX_DWELL_S)
    dwell = np.where(chose, dwell, 0.0).round(1)
    liked = chose & ~skipped & (rng.random(len(liking)) < taste.like_rate * liking)
    shown, chosen = _times(rng, taste, slate.session, dwell, now_s)
    return Interactions(chose, skipped, liked, dwell, shown, chosen)


def _probabilities(weights: FloatArray) -> NDArray[np.float64]:
    exact: NDArray[np.float64] = weights.astype(np.float64)
    exact /= exact.sum()
    return exact


def _towards(rng: np.random.Generator, similarities: FloatArray, temperature: float, n: int) -> Indexes:
    """Draw `n` items without replacement by the softmax of similarity (Gumbel top-k), in random order."""
    keys = similarities / temperature + rng.gumbel(size=len(similarities))
    n = min(n, len(keys))
    return rng.permutation(np.argpartition(-keys, n - 1)[:n])


def _choose(rng: np.random.Generator, taste: Taste, slate: Slate, standard: NDArray[Any]) -> NDArray[np.bool_]:
    """Choose one to four items per session by the softmax of similarity over breadth, with a bias for early positions.

    Returns bool[n], aligned with the slate.
    """
    utility = (standard - POSITION_BIAS * np.log(slate.position)) / taste.breadth + rng.gumbel(size=len(standard))
    n_chosen = 1 + rng.binomial(3, 0.4, size=int(slate.session[-1]) + 1)
    order = np.lexsort((-utility, slate.session))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = slate.position  # positions count 1, 2, ... in each session, as ranks by utility do
    chosen: NDArray[np.bool_] = place <= n_chosen[slate.session]
    return chosen


def _times(
    rng: np.random.Generator, taste: Taste, session: Indexes, dwell: NDArray[Any], now_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when each item was shown and chosen, in whole seconds since 1970.

    A session starts near the reader's usual hour; each item is chosen after the dwell time of the one before.
    """
    n_sessions = int(session[-1]) + 1
    days = np.sort(rng.choice(WEEKS * 7, n_sessions, replace=False))
    today = np.floor(now_s / DAY_S)
    hours = np.clip(taste.hour + rng.normal(0, 1.0, n_sessions), 0, 22)
    start = (today - WEEKS * 7 + days) * DAY_S + hours * 3600
    pause = np.where(dwell > 0, rng.uniform(2, 20, len(dwell)), 0.0)
    spent = np.cumsum(dwell + pause)
    before = np.concatenate([[0.0], spent[:-1]])
    before -= before[np.searchsorted(session, session)]
    shown = np.round(start[session])
    return shown, shown + 1 + np.round(before)
