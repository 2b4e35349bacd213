"""The segment of a transcript that is shown as evidence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from shortlist.core.types import Segment, Video
from shortlist.retrieval.analysis import terms as analysed


def best_segment(video: Video, terms: Mapping[str, float]) -> Segment | None:
    """Return the segment whose words overlap most with `terms` (weight by analysed term); None without a transcript.

    A term counts its weight times its idf over the segments of this video, so that the result depends on this video
    alone. If no segment has any of `terms`, the words of the title decide. Ties go to the earlier segment.
    """
    spoken = [segment for segment in video.transcript.segments if segment.text.strip()]
    if not spoken:
        return None
    words = [frozenset(analysed(segment.text)) for segment in spoken]
    scores = _overlap(words, terms)
    if not any(scores):
        scores = _overlap(words, dict.fromkeys(analysed(video.title), 1.0))
    return spoken[max(range(len(spoken)), key=scores.__getitem__)]


def _overlap(segments: Sequence[frozenset[str]], terms: Mapping[str, float]) -> list[float]:
    frequency = Counter(term for words in segments for term in words)
    idf = {term: math.log(1 + len(segments) / frequency[term]) for term in terms if frequency[term]}
    return [math.fsum(terms[term] * idf[term] for term in words if term in idf) for words in segments]
