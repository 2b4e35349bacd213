"""How deep a rerank has to go: no deeper than it can still change the places it is for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shortlist.agent.blend import standardised
from shortlist.core.config import RerankConfig
from shortlist.core.ranking import Ranking

FEW = 5  # opinions from which one can tell what the model's best looks like


def settled(ranking: Ranking, judgements: Mapping[str, float], weight: float, config: RerankConfig) -> bool:
    """Whether the first `config.top` places seem safe from all candidates below those judged.

    They do if the next one, liked as much as the best so far, would still not reach them: final scores are blended
    with `weight` as in `blend`, and retrieval scores only fall from here on. One that is liked more than any so far
    would be missed, and further opinions would change the scale of the model's.
    """
    n, top = len(judgements), config.top
    if n < max(top, FEW) or n >= len(ranking):
        return False
    place = {item: at for at, item in enumerate(ranking.ids[: config.depth])}
    rows = [place[item] for item in judgements]
    following = max(rows) + 1
    if following >= len(place):
        return True
    retrieval = standardised(ranking.scores[: config.depth])
    opinion = standardised(np.array(list(judgements.values())))
    final = (1 - weight) * retrieval[rows] + weight * opinion
    hopeful = (1 - weight) * retrieval[following] + weight * opinion.max()
    return bool(hopeful <= np.sort(final)[-top])
