from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shortlist.core.ranking import LegPlaces, Ranking
from shortlist.core.types import Segment, Transcript, Video
from shortlist.retrieval.relevance import is_about

MOON = Video("moon", "Dust on the Moon", transcript=Transcript((Segment("Fine dust sticks to every boot."),)))
TEA = Video("tea", "A calm cup of tea")
FLOOR = 0.3


@pytest.fixture(scope="module")
def lexicon(snapshot_of: Any) -> Any:
    return snapshot_of([MOON, TEA], np.eye(2, 4, dtype=np.float32)).lexicon


def found_by(leg: str, *scores: float) -> Ranking:
    """A fused ranking of both videos with these scores of one leg."""
    values = np.array(scores)
    places = LegPlaces(leg, np.arange(1, 3), values, 1.0, lambda: Ranking(("moon", "tea"), values, leg))
    return Ranking(("moon", "tea"), np.array([1.0, 0.5]), "fusion", legs=(places,))


@pytest.mark.parametrize(
    ("text", "cosine", "about"),
    [
        ("flurbl", 0.39, False),  # nobody says it
        ("flurbl", 0.41, True),  # but it is near, as a misspelt word may be
        ("dust", 0.05, True),  # all of its words
        ("dust in the vacuum cleaner of my aunt", 0.2, False),  # dust alone is log 3 of 5 log 3 or more
        ("dust in the vacuum cleaner of my aunt", 0.31, True),
        ("dust boots", 0.1, True),
        ("of the", 0.2, False),  # no words at all
    ],
)
def test_near_or_many_of_its_words(lexicon: Any, text: str, cosine: float, about: bool) -> None:
    assert is_about(text, found_by("dense", cosine, 0.01), [MOON, TEA], lexicon, FLOOR) is about


def test_without_vectors_words_decide(lexicon: Any) -> None:
    ranking = found_by("bm25", 3.0, 0.0)
    assert is_about("dust", ranking, [MOON], lexicon, FLOOR)
    assert not is_about("flurbl", ranking, [MOON], lexicon, FLOOR)
