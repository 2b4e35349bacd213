"""Rows in a ready order, of which only as many are looked at as are asked for."""

from __future__ import annotations

from shortlist.retrieval.arrays import Bools, Ints


def first_allowed(ranked: Ints, mask: Bools | None, depth: int) -> Ints:
    """The first `depth` of the `ranked` rows that `mask` lets through."""
    if mask is None:
        return ranked[:depth]
    reach = 2 * depth
    while True:
        head = ranked[:reach]
        found = head[mask[head]]
        if len(found) >= depth or reach >= len(ranked):
            return found[:depth]
        reach *= 4
