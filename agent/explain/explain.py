"""A final ranking -> recommendations with reason, evidence, and the rank and score of each stage."""

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
POPULAR_SHARE = 0.5  # share of the most popular video's popularity from which a video is called popular
ONE_READER = 1.0  # the most that one reader adds to a video's popularity


class Explainer:
    """Explains rankings by the records and by the vectors and popularity of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._popular = _most_popular(snapshot.popular)

    def explain(self, ranked: RankedRequest, result: RerankResult, items: ItemBatch) -> tuple[Recommendation, ...]:
        """Explain the best `k` of the final ranking; videos removed since the searched revision are left out."""
        final = zip(result.final.ids, result.final.scores.tolist(), strict=True)
        best = [(items.videos[item], score) for item, score in final if item in items.videos][: ranked.request.k]
        ids = [video.id for video, _ in best]
        context = self._reason_context(ranked, ids, items)
        stages = stages_of(ranked.ranking, result.model_ranking, ids)
        wish = ranked.request.wish
        terms = dict.fromkeys(analysed(wish), 1.0) if wish else dict(ranked.query.terms)
        return tuple(
            Recommendation(video, rank, score, reason(video, context), best_segment(video, terms), stages[video.id])
            for rank, (video, score) in enumerate(best, start=1)
        )

    def _reason_context(self, ranked: RankedRequest, ids: Sequence[str], items: ItemBatch) -> ReasonContext:
        wish, query = ranked.request.wish, ranked.query
        wish_vector = query.vectors[0] if wish and query.vectors is not None else None
        example = items.videos.get(ranked.request.like or "")
        ids_by_kind: dict[Kind, list[str]] = {"video": [*ids, *([example.id] if example else ())], "article": []}
        for item in ranked.profile.liked:
            ids_by_kind[item.kind].append(item.item_id)
        vectors = {kind: self._snapshot.vectors_of(kind, item_ids) for kind, item_ids in ids_by_kind.items()}
        return ReasonContext(ranked.profile, wish, wish_vector, items, vectors, self._popular, example)


def stages_of(ranking: Ranking, model_ranking: Ranking | None, ids: Sequence[str]) -> dict[str, dict[str, Stage]]:
    """Return for each of `ids` its rank and score by each leg, the fusion and the model alone, each in its own unit."""
    parts = [(leg.origin, leg) for leg in ranking.sources] + [(FUSION, ranking)]
    if model_ranking is not None:
        parts.append((RERANK, model_ranking))
    stages: dict[str, dict[str, Stage]] = {item: {} for item in ids}
    for name, part in parts:
        ranks = dict(zip(part.ids, range(1, len(part.ids) + 1), strict=True))
        for item in ids:
            rank = ranks.get(item)
            if rank is not None:
                stages[item][name] = Stage(rank, float(part.scores[rank - 1]))
    return stages


def _most_popular(popularity: Mapping[str, float]) -> frozenset[str]:
    enough = POPULAR_SHARE * max(popularity.values(), default=0.0)
    return frozenset(item for item, value in popularity.items() if value >= enough and value > ONE_READER)


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
