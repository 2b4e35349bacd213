"""The segment of a transcript that is shown as evidence."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shortlist.core.types import Segment, Transcript, Video
from shortlist.retrieval.analysis import term_keys
from shortlist.retrieval.analysis import terms as analysed
from shortlist.retrieval.vectors.arrays import Ints, Keys
from shortlist.store.caches.bounded import BoundedCache

CACHED_TRANSCRIPTS = 4_000
CACHED_BYTES = 32_000_000
SEGMENT_BYTES = 250  # with its text


class EvidenceFinder:
    """Finds segments, and caches the analysed transcripts. Thread-safe."""

    def __init__(self) -> None:
        self._cache: BoundedCache[str, _Spoken] = BoundedCache(CACHED_TRANSCRIPTS, CACHED_BYTES)

    def best_segment(self, video: Video, terms: Mapping[str, float]) -> Segment | None:
        """Return the segment whose words overlap most with `terms` (weight by analysed term); None if nothing is said.

        A term counts its weight times its idf over the segments of this video, so that the result depends on this
        video alone. If no segment has any of `terms`, the words of the title decide. Ties go to the earlier segment.
        """
        spoken = self._spoken(video)
        if not spoken.segments:
            return None
        at = spoken.best(terms)
        if at is None:
            at = spoken.best(dict.fromkeys(analysed(video.title), 1.0))
        return spoken.segments[at or 0]

    def _spoken(self, video: Video) -> _Spoken:
        spoken = self._cache.get(video.id)
        if spoken is None or spoken.transcript is not video.transcript:
            spoken = _Spoken.of(video.transcript)
            self._cache.put(video.id, spoken, spoken.n_bytes)
        return spoken


@dataclass(frozen=True, slots=True, eq=False)
class _Spoken:
    """The `segments` of a transcript that say anything, and their postings.

    `keys`, uint64[p], ascending, and `owners`, int64[p], say which term is in which segment.
    """

    transcript: Transcript
    segments: tuple[Segment, ...]
    keys: Keys
    owners: Ints

    @classmethod
    def of(cls, transcript: Transcript) -> _Spoken:
        segments = tuple(segment for segment in transcript.segments if segment.text.strip())
        words = [list(dict.fromkeys(analysed(segment.text))) for segment in segments]
        keys = term_keys(word for own in words for word in own)
        order = np.argsort(keys, kind="stable")
        owners = np.repeat(np.arange(len(words)), [len(own) for own in words])
        return cls(transcript, segments, keys[order], owners[order])

    @property
    def n_bytes(self) -> int:
        return self.keys.nbytes + self.owners.nbytes + SEGMENT_BYTES * len(self.segments)

    def best(self, terms: Mapping[str, float]) -> int | None:
        """Return the index of the segment that overlaps most with `terms`; None if none does."""
        parts: defaultdict[int, list[float]] = defaultdict(list)
        keys = term_keys(terms)
        starts, ends = (np.searchsorted(self.keys, keys, side).tolist() for side in ("left", "right"))
        for weight, start, end in zip(terms.values(), starts, ends, strict=True):
            if end > start:
                value = weight * math.log(1 + len(self.segments) / (end - start))
                for owner in self.owners[start:end].tolist():
                    parts[owner].append(value)
        scores = {owner: math.fsum(values) for owner, values in parts.items()}
        best = max(scores.values(), default=0.0)
        return min(owner for owner, score in scores.items() if score == best) if best else None
