"""Extractive summaries: the one or two sentences nearest to the centroid of a text."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping

from shortlist.core.stuffing import prose
from shortlist.core.types import EXTRACTIVE, Attributed, Video
from shortlist.ingest.sentences import sentences

MIN_WORDS = 14  # a shorter summary gets a second sentence
MAX_SENTENCES = 120  # sentences considered: the topic of a short video comes up early
LEAD = 0.25  # bonus of the first sentence, decreasing to 0 at the last

_WORD = re.compile(r"[^\W\d_]{3,}")
_ADDRESS = re.compile(r"https?://|www\.|@\w|#\w")

Bag = Mapping[str, float]


def summarise(video: Video) -> Attributed | None:
    """Return one or two sentences of the prose of the transcript or, without one, of the description; else None."""
    for text in (video.transcript.text, video.description):
        summary = extract(prose(text))
        if summary:
            return Attributed(summary, EXTRACTIVE)
    return None


def extract(text: str) -> str:
    """Return the sentences nearest to the centroid of `text`, in their order. Links and hashtags are left out."""
    pieces = [piece for piece in sentences(text)[:MAX_SENTENCES] if not _ADDRESS.search(piece)]
    if not pieces:
        return ""
    scores = _scores([Counter(word.lower() for word in _WORD.findall(piece)) for piece in pieces])
    order = sorted(range(len(pieces)), key=lambda i: (-scores[i], i))
    chosen = order[:1]
    if len(pieces[chosen[0]].split()) < MIN_WORDS:
        chosen = sorted(order[:2])
    return " ".join(pieces[i] for i in chosen)


def _scores(bags: list[Counter[str]]) -> list[float]:
    """Return the cosine of each sentence with the sum of all in TF-IDF space, plus the bonus of its position."""
    document_frequency = Counter(word for bag in bags for word in bag)
    idf = {word: math.log(1 + len(bags) / count) for word, count in document_frequency.items()}
    weighted: list[Bag] = [{word: count * idf[word] for word, count in bag.items()} for bag in bags]
    centroid: Counter[str] = Counter()
    for bag in weighted:
        for word, weight in bag.items():
            centroid[word] += weight  # type: ignore[assignment]
    lead = LEAD / len(bags)
    return [_cosine(bag, centroid) + LEAD - lead * i for i, bag in enumerate(weighted)]


def _cosine(one: Bag, other: Bag) -> float:
    norms = math.hypot(*one.values()) * math.hypot(*other.values())
    return sum(weight * other[word] for word, weight in one.items()) / norms if norms else 0.0
