from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shortlist.agent.batch import ItemBatch
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.methods import Reranker
from shortlist.agent.rerank.pointwise import is_top_final
from shortlist.agent.rerank.yesno import YesNo
from shortlist.agent.rerank.yesno_json import YesNoJson
from shortlist.core.config import RerankConfig
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile, Video

IDS = [f"v{number:02}" for number in range(12)]
RANKING = Ranking.of({item: -float(place) for place, item in enumerate(IDS)}, "weighted")
ITEMS = ItemBatch({item: Video(item, f"About {item}") for item in IDS})
YES, NO = (-0.1, -2.1), (-2.1, -0.1)


def judged(*scores: float) -> dict[str, float]:
    return dict(zip(IDS, scores, strict=False))


@pytest.mark.parametrize(
    ("scores", "weight", "top", "final"),
    [
        # Retrieval z: 1.59, 1.30, 1.01, 0.72, 0.43, the sixth 0.14; model z: 1.41 to -1.41. Finals at 0.5: 1.50,
        # 1.00, 0.51, 0.01, -0.49; the sixth, liked like the first, is lifted by 0.5 at most and would get 0.39.
        ((3, 2, 1, 0, -1), 0.5, 3, True),
        ((3, 2, 1, 0, -1), 0.5, 4, False),
        ((3, 2, 1, 0, -1), 0.0, 5, True),  # the model does not count
        ((3, 2, 1, 0, -1), 1.0, 2, True),  # finals are 1.41, 0.71, 0, and the sixth would get 0.64
        ((3, 2, 1, 0, -1), 1.0, 3, False),
        ((-1, 0, 1, 2, 3), 0.5, 3, True),  # the model contradicts: 0.09, 0.30, 0.51, 0.72, 0.68
        ((-1, 0, 1, 2, 3), 0.5, 4, False),
        ((1, 1, 1, 1, 1), 0.5, 1, True),  # the model makes no difference
        ((3, 2), 0.1, 1, False),  # too few to know how high its scores go
    ],
)
def test_when_the_top_is_final(scores: tuple[float, ...], weight: float, top: int, final: bool) -> None:
    assert is_top_final(RANKING, judged(*scores), weight, RerankConfig(depth=12, top=top)) is final


@pytest.mark.parametrize(
    ("method", "answers"),
    [
        (YesNo, (YES, NO)),
        (YesNoJson, ('{"answer": "yes", "confidence": 5}', '{"answer": "no", "confidence": 5}')),
    ],
)
def test_the_model_is_not_called_once_the_top_is_final(
    method: Callable[[RerankContext], Reranker], answers: tuple[Any, ...], scripted_model: Callable[..., Any]
) -> None:
    model = scripted_model(*answers)
    config = RerankConfig(depth=12, top=1)
    reranked = method(RerankContext(model, ITEMS, config, weight=0.5)).rerank(Profile("u"), None, RANKING)
    assert len(model.calls) == len(reranked.sources[0]) == 5
    assert reranked.notes == ()
