"""A final ranking -> recommendations with reason, evidence, and the rank and score of each stage."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial

import numpy as np

from shortlist.agent.batch import ItemBatch, RankedRequest
from shortlist.agent.explain.evidence import EvidenceFinder
from shortlist.agent.explain.popularity import PopularityFacts
from shortlist.agent.explain.reasons import Candidate, ReasonContext, reason
from shortlist.agent.explain.shared_words import topic_words
from shortlist.agent.rerank.blend import RERANK
from shortlist.agent.rerank.runner import RerankResult
from shortlist.core.config import STUDENT, RetrievalConfig
from shortlist.core.ranking import Query, Ranking, Recommendation, Stage
from shortlist.core.types import HistoryItem, Kind, Segment, Video
from shortlist.retrieval.analysis import term_keys
from shortlist.retrieval.analysis import terms as analysed
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.clicks import click_rates
from shortlist.retrieval.legs.link_evidence import LinkEvidence, liked_weights, link_evidence
from shortlist.retrieval.legs.tower_leg import strongest_watch

FUSION = "fusion"


class Explainer:
    """Explains rankings by the records and by one snapshot, which `config` says how to search."""

    def __init__(self, snapshot: Snapshot, config: RetrievalConfig) -> None:
        self._snapshot = snapshot
        self._config = config
        self._popularity = PopularityFacts(snapshot, config)
        self._evidence = EvidenceFinder()

    def explain(self, ranked: RankedRequest, result: RerankResult, items: ItemBatch) -> tuple[Recommendation, ...]:
        """Explain the best `k` of the final ranking; videos removed since the searched revision are left out."""
        best = [item for item in result.final.ids if item in items.videos][: ranked.request.k]
        return self._explain(dict(enumerate(best, start=1)), ranked, result, items)

    def explain_one(
        self, video_id: str, ranked: RankedRequest, result: RerankResult, items: ItemBatch
    ) -> Recommendation | None:
        """Explain `video_id` by its place in the final ranking; None if it has no place or no record.

        The reason has the strongest evidence, which the reason in a list leaves out if a video above has it.
        """
        if video_id not in result.final.ids or video_id not in items.videos:
            return None
        return self._explain({result.final.ids.index(video_id) + 1: video_id}, ranked, result, items)[0]

    def _explain(
        self, places: Mapping[int, str], ranked: RankedRequest, result: RerankResult, items: ItemBatch
    ) -> tuple[Recommendation, ...]:
        ids = list(places.values())
        context = self._reason_context(ranked, ids, items, _by_student(result))
        stages = stages_of(ranked.ranking, result, ids)
        scores = dict(zip(result.final.ids, result.final.scores.tolist(), strict=True))
        terms = _evidence_terms(ranked)
        needed = needed_stages(result.final)
        found: list[Recommendation] = []
        for rank, item in places.items():
            video, by_stage = items.videos[item], stages[item]
            segment = self._evidence.best_segment(video, terms)
            said = tuple(one.reason for one in found)
            why = reason(_candidate(video, segment, by_stage, rank, needed[item], said), context)
            found.append(Recommendation(video, rank, scores[item], why.text, segment, by_stage, why.stage))
        return tuple(found)

    def _reason_context(
        self, ranked: RankedRequest, ids: Sequence[str], items: ItemBatch, by_student: bool
    ) -> ReasonContext:
        wish, query, profile = ranked.request.wish, ranked.query, ranked.profile
        wish_vector = query.vectors[0] if wish and query.vectors is not None else None
        example = items.videos.get(ranked.request.like or "")
        ids_by_kind: dict[Kind, list[str]] = {"video": [*ids, *([example.id] if example else ())], "article": []}
        for item in profile.liked:
            ids_by_kind[item.kind].append(item.item_id)
        vectors = {kind: self._snapshot.vectors_of(kind, item_ids) for kind, item_ids in ids_by_kind.items()}
        evidence = cache(partial(self._link_evidence, profile.liked, ids))
        return ReasonContext(
            profile, wish, wish_vector, items, vectors, example,
            idf=self._idf, links=lambda video: evidence().get(video.id), popularity=self._popularity.describe,
            clicks=lambda video: self._clicks(video, query),
            leads_to=lambda leg, video: strongest_watch(leg, self._snapshot, profile, video.id),
            by_student=by_student,
        )  # fmt: skip

    def _idf(self, term: str) -> float:
        lexicon = self._snapshot.lexicon
        at = int(lexicon.find(term_keys([term]))[0])
        return math.log1p(lexicon.n / max(1, int(lexicon.frequency[at]))) if at >= 0 else 0.0

    def _clicks(self, video: Video, query: Query) -> tuple[int, int]:
        rates = click_rates(self._snapshot, query)
        rows = self._snapshot.rows([video.id])
        if rates is None or not len(rows):
            return 0, 0
        chosen, shown = rates.counts(rows)
        return int(chosen[0]), int(shown[0])

    def _link_evidence(self, liked: Sequence[HistoryItem], ids: Sequence[str]) -> dict[str, LinkEvidence]:
        """Return the evidence of cowatch for those of `ids` that have links; {} without liked videos that have."""
        links = self._snapshot.links
        weights = liked_weights(liked, links, self._config)
        linked = [video_id for video_id in ids if video_id in links.numbers] if weights else []
        numbers = [links.numbers[video_id] for video_id in linked]
        return dict(zip(linked, link_evidence(links, weights, numbers, self._config), strict=True)) if linked else {}


def _by_student(result: RerankResult) -> bool:
    return result.model_ranking is not None and result.model_ranking.origin == STUDENT


def stages_of(ranking: Ranking, result: RerankResult, ids: Sequence[str]) -> dict[str, dict[str, Stage]]:
    """Return for each of `ids` its rank and score by each leg, the fusion and the model alone, each in its own unit.

    Legs and model come with their contribution to the final score.
    """
    final = {item: at for at, item in enumerate(result.final.ids)}
    stages: dict[str, dict[str, Stage]] = {item: {} for item in ids}
    for name, placed in _placed(ranking, result):
        moved = result.final.contributions.get(name)
        for item in ids:
            if item in placed:
                contribution = float(moved[final[item]]) if moved is not None and item in final else None
                stages[item][name] = Stage(*placed[item], contribution)
    return stages


def _placed(ranking: Ranking, result: RerankResult) -> Iterator[tuple[str, dict[str, tuple[int, float]]]]:
    """Yield the name of each stage, and rank and score by id of the items that it ranked."""
    for leg in ranking.legs:
        ranked = zip(ranking.ids, leg.ranks.tolist(), leg.scores.tolist(), strict=True)
        yield leg.origin, {item: (rank, score) for item, rank, score in ranked if rank}
    for name, whole in ((FUSION, ranking), (RERANK, result.model_ranking)):
        if whole is not None:
            scored = enumerate(zip(whole.ids, whole.scores.tolist(), strict=True), start=1)
            yield name, {item: (rank, score) for rank, (item, score) in scored}


def needed_stages(ranking: Ranking) -> dict[str, frozenset[str]]:
    """Return for each id the stages without whose contributions it would have a lower place in `ranking`."""
    needed: dict[str, set[str]] = {item: set() for item in ranking.ids}
    for name, contributions in ranking.contributions.items():
        order = np.argsort(contributions - ranking.scores, kind="stable")
        places = np.argsort(order, kind="stable")
        for item, before, without in zip(ranking.ids, range(len(ranking)), places.tolist(), strict=True):
            if without > before:
                needed[item].add(name)
    return {item: frozenset(names) for item, names in needed.items()}


def _candidate(
    video: Video,
    segment: Segment | None,
    stages: Mapping[str, Stage],
    rank: int,
    needed: frozenset[str],
    said: tuple[str, ...],
) -> Candidate:
    contributions = {name: stage.contribution for name, stage in stages.items() if stage.contribution is not None}
    ranks = {name: stage.rank for name, stage in stages.items()}
    moved_up = FUSION in stages and rank < stages[FUSION].rank
    return Candidate(video, segment, contributions, moved_up, needed, ranks, said)


def _evidence_terms(ranked: RankedRequest) -> dict[str, float]:
    """Return the weight of each analysed term that evidence is chosen by: the topic of the wish, or the profile."""
    wish = ranked.request.wish
    if not wish:
        return dict(ranked.query.terms)
    return dict.fromkeys(analysed(" ".join(topic_words(wish))) or analysed(wish), 1.0)
