"""Extractive summaries: the one or two sentences that say most of what the text says."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping

from shortlist.core.types import EXTRACTIVE, Made, Video
from shortlist.ingest.sentences import sentences

ENOUGH_WORDS = 14  # a summary shorter than this gets a second sentence
CONSIDERED = 120  # sentences; the gist of a short video is not later
LEAD = 0.25  # bonus of the first sentence, falling to 0 at the last

_WORD = re.compile(r"[^\W\d_]{3,}")
_ADDRESS = re.compile(r"https?://|www\.|@\w|#\w")

Bag = Mapping[str, float]


def summarise(video: Video) -> Made | None:
    """One or two sentences of the transcript, or of the description where nothing is said; None without either."""
    for text in (video.transcript.text, video.description):
        summary = extract(text)
        if summary:
            return Made(summary, EXTRACTIVE)
    return None


def extract(text: str) -> str:
    """The sentences nearest the centroid of `text`, in their order; lines of links and hashtags are not considered."""
    pieces = [piece for piece in sentences(text)[:CONSIDERED] if not _ADDRESS.search(piece)]
    if not pieces:
        return ""
    scores = _scores([Counter(word.lower() for word in _WORD.findall(piece)) for piece in pieces])
    order = sorted(range(len(pieces)), key=lambda i: (-scores[i], i))
    chosen = order[:1]
    if len(pieces[chosen[0]].split()) < ENOUGH_WORDS:
        chosen = sorted(order[:2])
    return " ".join(pieces[i] for i in chosen)


def _scores(bags: list[Counter[str]]) -> list[float]:
    """Cosine of each sentence with the sum of all in TF-IDF space, plus the bonus of its position."""
    found_in = Counter(word for bag in bags for word in bag)
    idf = {word: math.log(1 + len(bags) / count) for word, count in found_in.items()}
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
