"""A final ranking -> Recommendations: the reason, the evidence, and where each stage put each video."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from shortlist.agent.batch import ItemBatch, RankedRequest
from shortlist.agent.explain.reasons import ReasonContext, reason
from shortlist.agent.rerank.runner import RerankResult
from shortlist.core.ranking import Ranking, Recommendation, Stage
from shortlist.core.types import Kind, Segment, Video
from shortlist.retrieval.analysis import terms as analysed
from shortlist.retrieval.index.snapshot import Snapshot

FUSION = "fusion"
RERANK = "rerank"
MUCH = 0.5  # share of the most popular video's readers from which a video is called popular
ONE_READER = 1.0  # the most that one reader adds to a video's popularity


class Explainer:
    """Explains from the records, and from the vectors and popularity of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._popular = _most_popular(snapshot.popular)

    def explain(self, case: RankedRequest, verdict: RerankResult, shelf: ItemBatch) -> tuple[Recommendation, ...]:
        """The best `k` of the final ranking; a video removed since the revision that was searched is left out."""
        final = zip(verdict.final.ids, verdict.final.scores.tolist(), strict=True)
        best = [(shelf.videos[item], score) for item, score in final if item in shelf.videos][: case.request.k]
        ids = [video.id for video, _ in best]
        known = self._circumstances(case, ids, shelf)
        stages = stages_of(case.ranking, verdict.judged, ids)
        wish = case.request.wish
        terms = dict.fromkeys(analysed(wish), 1.0) if wish else dict(case.query.terms)
        return tuple(
            Recommendation(video, rank, score, reason(video, known), best_segment(video, terms), stages[video.id])
            for rank, (video, score) in enumerate(best, start=1)
        )

    def _circumstances(self, case: RankedRequest, ids: Sequence[str], shelf: ItemBatch) -> ReasonContext:
        wish, query = case.request.wish, case.query
        wish_vector = query.vectors[0] if wish and query.vectors is not None else None
        alike = shelf.videos.get(case.request.like or "")
        near: dict[Kind, list[str]] = {"video": [*ids, *([alike.id] if alike else ())], "article": []}
        for item in case.profile.liked:
            near[item.kind].append(item.item_id)
        vectors = {kind: self._snapshot.vectors_of(kind, items) for kind, items in near.items()}
        return ReasonContext(case.profile, wish, wish_vector, shelf, vectors, self._popular, alike)


def stages_of(ranking: Ranking, judged: Ranking | None, ids: Sequence[str]) -> dict[str, dict[str, Stage]]:
    """For each of `ids`, where each leg, the fusion and the model alone put it, each in its own unit."""
    parts = [(leg.origin, leg) for leg in ranking.sources] + [(FUSION, ranking)]
    if judged is not None:
        parts.append((RERANK, judged))
    stages: dict[str, dict[str, Stage]] = {item: {} for item in ids}
    for name, part in parts:
        ranks = dict(zip(part.ids, range(1, len(part.ids) + 1), strict=True))
        for item in ids:
            rank = ranks.get(item)
            if rank is not None:
                stages[item][name] = Stage(rank, float(part.scores[rank - 1]))
    return stages


def _most_popular(popularity: Mapping[str, float]) -> frozenset[str]:
    enough = MUCH * max(popularity.values(), default=0.0)
    return frozenset(item for item, heat in popularity.items() if heat >= enough and heat > ONE_READER)


def best_segment(video: Video, terms: Mapping[str, float]) -> Segment | None:
    """The segment whose words overlap most with `terms` (weight by analysed term); None without a transcript.

    A term counts its weight times its idf over the segments of this video, so that the answer depends on nothing
    else. Where no segment has any of `terms`, the words of the title decide, then the order; ties go to the earlier.
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
