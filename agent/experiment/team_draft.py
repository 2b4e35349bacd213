"""Team-draft interleaving: one list from two rankings, in which each item counts for the ranking that chose it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shortlist.store.catalogue.experiments import A, B


def team_draft(a: Sequence[str], b: Sequence[str], k: int, rng: Random) -> list[tuple[str, str]]:
    """Return the best `k` as (item, variant), best first: fewer if both rankings together have fewer.

    As captains choose teams: in each round a coin decides who goes first, and each ranking chooses its best item that
    is not taken. If a reader's choices do not depend on the ranking, each item counts for either side with probability
    1/2. Radlinski, Kurup and Joachims, "How does clickthrough data reflect retrieval quality?", CIKM 2008. A list is
    the beginning of the longer lists with the same coins.
    """
    rankings = {A: a, B: b}
    at = {A: 0, B: 0}
    taken: dict[str, str] = {}
    while len(taken) < k and (at[A] < len(a) or at[B] < len(b)):
        for variant in (A, B) if rng.random() < 0.5 else (B, A):
            ranking = rankings[variant]
            while at[variant] < len(ranking) and ranking[at[variant]] in taken:
                at[variant] += 1
            if at[variant] < len(ranking):
                taken[ranking[at[variant]]] = variant
    return list(taken.items())[:k]
