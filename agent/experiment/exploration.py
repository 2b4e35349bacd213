"""Exploration: some places of a list are filled at random, with probabilities that are known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import comb
from random import Random

POOL = 10  # videos below the list that explored places may show


def explore(ranked: Sequence[str], k: int, share: float, rng: Random) -> list[tuple[str, float]]:
    """Return `k` of the items of `ranked`, each with the probability with which it was drawn for its place.

    Each of the first `k` places is explored with probability `share`. Explored places are filled at random from their
    own items and those of `ranked` below `k`. The probability of an item at a place is over all such draws, so it is
    what an importance weight needs. Fewer than `k` items are all in the list.
    """
    own, below = ranked[:k], ranked[k:]
    explored = [place for place in range(len(own)) if rng.random() < share]
    drawn = rng.sample([*(own[place] for place in explored), *below], len(explored))
    shown = list(own)
    for place, item in zip(explored, drawn, strict=True):
        shown[place] = item
    return [(item, propensity(ranked, k, share, item, place)) for place, item in enumerate(shown)]


def propensity(ranked: Sequence[str], k: int, share: float, item: str, place: int) -> float:
    """Return the probability with which `explore` shows `item` at `place` (0 is the first); 0 if it cannot."""
    own, below = len(ranked[:k]), len(ranked[k:])
    if place >= own or item not in ranked:
        return 0.0
    at = ranked.index(item)
    if at == place:
        return 1 - share + share * _chance_of_one(own - 1, below, 1, share)
    if at >= own:
        return share * _chance_of_one(own - 1, below, 1, share)
    return share * share * _chance_of_one(own - 2, below, 2, share)


@lru_cache(maxsize=4096)
def _chance_of_one(others: int, below: int, certain: int, share: float) -> float:
    """Return the mean of 1 / (pool size), if `certain` places are explored and `others` more may be.

    The number of the others that are explored has a binomial distribution.
    """
    return sum(
        comb(others, also) * share**also * (1 - share) ** (others - also) / (certain + also + below)
        for also in range(others + 1)
    )
