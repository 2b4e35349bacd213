"""The relevance floor: whether anything found is about a text, or only the least far from it.

Every search finds its nearest videos. That nothing is about the text shows in both kinds of evidence: no vector is
near, and the videos have few of its words. docs/evaluation.md has the calibration and its error rates.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from shortlist.core.ranking import Ranking
from shortlist.core.types import Video
from shortlist.retrieval.analysis import term_keys, terms
from shortlist.retrieval.index.lexicon import Lexicon

FEW_WORDS = 1 / 3  # share of the words of a text, by their idf
STRANGE = 0.1  # by which the floor is higher for a text none of whose words any video has


def is_about(text: str, ranking: Ranking, found: Iterable[Video], lexicon: Lexicon, floor: float) -> bool:
    """Return whether any of the videos `found` by `ranking` seems to be about `text`.

    Not if the largest cosine is below `floor` and no video has a third of the text's words, or if the text has no word
    that any video has and the cosine is below `floor` + `STRANGE`. A ranking without vectors goes by words alone.
    """
    idf = _idf(set(terms(text)), lexicon)
    cosine = next((float(leg.scores.max(initial=0.0)) for leg in ranking.legs if leg.origin == "dense"), 0.0)
    if cosine >= floor + STRANGE:
        return True
    share = max((_share(idf, video) for video in found), default=0.0)
    return share > 0 and (cosine >= floor or share >= FEW_WORDS)


def _idf(words: set[str], lexicon: Lexicon) -> dict[str, float]:
    ordered = sorted(words)
    at = lexicon.find(term_keys(ordered))
    frequency = np.where(at >= 0, np.append(lexicon.frequency, 0)[at], 0)
    return dict(zip(ordered, np.log1p(lexicon.n / np.maximum(1, frequency)).tolist(), strict=True))


def _share(idf: dict[str, float], video: Video) -> float:
    """Return the share of the weight of the words in `idf` that the video has."""
    parts = (video.title, video.display_title, video.summary or "", video.description, video.transcript.text)
    own = set(terms("\n".join((*parts, *video.enrichment.tags))))
    total = sum(idf.values())
    return sum(weight for word, weight in idf.items() if word in own) / total if total else 0.0
