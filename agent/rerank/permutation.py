"""Scores of some candidates -> a full permutation of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shortlist.core.notes import Note
from shortlist.core.ranking import Ranking


def permutation(ranking: Ranking, judgements: Mapping[str, float], origin: str, notes: Sequence[Note] = ()) -> Ranking:
    """Return `ranking` with the judged ids first, by judgement, and the others below them in their old order.

    `sources` are the ranking of the judged ids alone and `ranking` itself.
    """
    judged = Ranking.of({item: judgements[item] for item in ranking.ids if item in judgements}, origin)
    floor = float(judged.scores[-1]) if len(judged) else 0.0
    rest = [item for item in ranking.ids if item not in judgements]
    below = [(item, floor - place) for place, item in enumerate(rest, start=1)]
    pairs = zip(judged.ids, judged.scores.tolist(), strict=True)
    return Ranking.of([*pairs, *below], origin, sources=(judged, ranking), notes=notes)
