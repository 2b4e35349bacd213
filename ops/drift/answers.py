"""What readers were shown, by day: share of each leg, rate of choice at equal scores, coverage, popularity.

Everything is read from the log of exposures and the events that carry the ids of its requests.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date

import numpy as np
from scipy.special import gammaln

from shortlist.core.exposures import Exposure
from shortlist.core.types import Event
from shortlist.ops.drift.check import Feature
from shortlist.ops.drift.divergence import Floats
from shortlist.ops.drift.samples import Labels, Levels, Rates
from shortlist.store.catalogue.events import POSITIVE

TOP = 10  # places of a list that count
NO_LEG = "(none)"
POPULAR = 0.1  # share of the catalogue that is called popular

LISTS = (
    "`shortlist models history` and your settings: a new version or weight moves it on purpose; else `shortlist doctor`"
)
SCORES = "train the ranker again with `shortlist train all`"
NARROW = "look at a few lists with `shortlist recommend READER --explain`; raise retrieval.diversity if they repeat"


def answer_features(
    exposures: Iterable[Exposure], answering: Mapping[str, Sequence[Event]], popularity: Mapping[str, float]
) -> list[Feature]:
    """Return the features of `exposures`, given the events about each request id and the popularity of videos."""
    by_day: defaultdict[date, list[Exposure]] = defaultdict(list)
    for exposure in exposures:
        by_day[exposure.at.astimezone(UTC).date()].append(exposure)
    shown = {day: [item.item_id for one in lists for item in one.items[:TOP]] for day, lists in by_day.items()}
    return [
        Feature(Labels("answers: legs", {day: _legs(lists) for day, lists in by_day.items()}), LISTS, retrain=False),
        Feature(Rates("answers: calibration", _rates(by_day, answering)), SCORES, retrain=True),
        Feature(Levels("answers: coverage", _coverage(shown)), NARROW, retrain=False),
        Feature(Levels("answers: popular videos", _popular(shown, popularity)), NARROW, retrain=False),
    ]


def _legs(lists: Iterable[Exposure]) -> Mapping[str, int]:
    return Counter(item.source or NO_LEG for one in lists for item in one.items[:TOP])


def _rates(
    by_day: Mapping[date, Sequence[Exposure]], answering: Mapping[str, Sequence[Event]]
) -> dict[date, tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]]:
    """Return score and choice of each place, by day. Only of the newest models and settings: others score otherwise."""
    if not by_day:
        return {}
    newest = max(by_day[max(by_day)], key=lambda one: one.at)
    found = {}
    for day, lists in by_day.items():
        places = [
            (item.score, item.item_id in chosen)
            for one in lists
            if (one.models, one.settings) == (newest.models, newest.settings)
            for chosen in [{event.item_id for event in answering.get(one.request_id, ()) if event.action in POSITIVE}]
            for item in one.items[:TOP]
            if item.score is not None
        ]
        scores, choices = np.array(places, dtype=np.float64).reshape(-1, 2).T
        found[day] = scores, choices.astype(np.int64)
    return found


def _coverage(shown: Mapping[date, Sequence[str]]) -> dict[date, tuple[float, float, int]]:
    """Return the expected number of different videos in as many places as half of a usual day has, by day.

    Days with fewer places are left out.
    """
    places = int(np.median([len(ids) for ids in shown.values()])) // 2 if shown else 0
    return {
        day: (rarefied(list(Counter(ids).values()), places), 0.0, len(ids))
        for day, ids in shown.items()
        if len(ids) >= places
    }


def rarefied(counts: Sequence[int], places: int) -> float:
    """Return the expected number of different items in `places` draws without replacement from `counts` of each.

    Hurlbert, The nonconcept of species diversity, 1971. `places` is at most the sum of `counts`.
    """
    n = sum(counts)
    rest = n - np.array(counts, dtype=np.float64)
    drawn = rest[rest >= places]  # items that a draw may miss
    missed = np.exp(gammaln(drawn + 1) - gammaln(drawn - places + 1) - gammaln(n + 1) + gammaln(n - places + 1))
    return float(len(counts) - missed.sum())


def _popular(
    shown: Mapping[date, Sequence[str]], popularity: Mapping[str, float]
) -> dict[date, tuple[float, float, int]]:
    """Return the share of places that the most popular videos have, by day."""
    ranked = sorted(popularity, key=lambda one: (-popularity[one], one))
    popular = set(ranked[: max(1, round(POPULAR * len(ranked)))])
    found = {}
    for day, ids in shown.items():
        share = sum(item in popular for item in ids) / max(1, len(ids))
        found[day] = share, share * (1 - share) / max(1, len(ids)), len(ids)
    return found
