"""Recommend, rank, explain and search, with JSON documents as results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from shortlist.agent.recommend import Draft, Progress
from shortlist.agent.rerank.policy import may_call_model
from shortlist.core.config import NONE
from shortlist.core.errors import UnknownItem
from shortlist.core.json_documents import answer_document, recommendation_document, search_document, similar_document
from shortlist.core.notes import Note
from shortlist.core.ranking import MAX_K, Answer, Filters, Request
from shortlist.engine.engine import Engine
from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.service.documents import ranking_document
from shortlist.serving.service.metrics import Metrics
from shortlist.serving.service.response_cache import ResponseCache

log = logging.getLogger(__name__)

RERANK_SHARE = 0.9  # of the remaining time; the rest is for the steps after the rerank


class Recommendations:
    """Answers from the newest recommender. Every method raises like the `Recommender` method that it calls.

    If you pass a deadline, the rerank ends before it.
    """

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self._engine = engine
        self._metrics = metrics
        self._rerank = engine.config.rerank
        self._catalogue = engine.home.catalogue
        self._cache = ResponseCache(engine.config.serve.kept_answers)

    def may_call_model(self, request: Request) -> bool:
        """Return whether `recommend` might call the language model."""
        return may_call_model(request, self._rerank)

    def recommend(self, request: Request, deadline: Deadline | None = None) -> dict[str, Any]:
        """Return the document of `recommend --json`.

        Answers without the language model are cached until the reader, the reader's events or the home change.
        """
        if self.may_call_model(request):
            return answer_document(self._answer(request, deadline))
        began = perf_counter()
        key = self._cache_key(request)
        cached = self._cache.get(key)
        if cached is not None:
            self._metrics.answers.labels("kept").inc()
            return {**cached, "timings_ms": {"recall": round((perf_counter() - began) * 1000, 2)}}
        document = answer_document(self._answer(request))
        self._cache.put(key, document)
        return document

    def draft(self, request: Request) -> Draft:
        """Return the retrieval's answer, and what `finish` needs to let the language model improve it."""
        draft = self._engine.recommender().draft(request)
        if not draft.reranks:
            self._observe(draft.answer)
        return draft

    def finish(self, draft: Draft, show: Callable[[Progress], None], deadline: Deadline) -> dict[str, Any]:
        """Return the document of the final answer to a draft's request. `show` is called after each judgement."""
        ranked = replace(draft.ranked, request=limit_budget(draft.ranked.request, deadline))
        answer = self._engine.recommender().finish(replace(draft, ranked=ranked), show)
        self._observe(answer, deadline)
        return answer_document(answer)

    def rank(self, request: Request, candidates: Sequence[str], deadline: Deadline | None = None) -> dict[str, Any]:
        """Return `candidates` in order for the reader. Duplicates count once."""
        unique = list(dict.fromkeys(candidates))
        rank_request = replace(request, k=min(max(1, len(unique)), MAX_K), only=frozenset(unique))
        return ranking_document(self._answer(rank_request, deadline), unique)

    def explain(self, request: Request, video_id: str) -> dict[str, Any]:
        """Return the reason, the evidence, the rank and the stages of one video, which the reader may have seen.

        The rank is None below the best 1,000 of all videos. Also raises `UnknownItem`.
        """
        self._catalogue.videos.get(video_id)
        filters = replace(request.filters, include_seen=True)
        all_videos = replace(request, k=MAX_K, rerank=NONE, filters=filters)
        found = self._engine.recommender().explain(all_videos, video_id)
        if found is not None:
            return recommendation_document(found)
        alone = self._answer(replace(all_videos, k=1, only=frozenset({video_id}))).recommendations
        if not alone:
            raise UnknownItem(
                "this video is not indexed yet", expected="an indexed video", found=repr(video_id), remedy="try later"
            )
        return {**recommendation_document(alone[0]), "rank": None, "score": None, "stages": {}}

    def search(self, text: str, k: int, filters: Filters) -> dict[str, Any]:
        """Return the document of `search --json`."""
        answer = self._engine.recommender().search(text, k, filters)
        self._metrics.observe(answer)
        return search_document(text, answer)

    def similar(self, video_id: str, k: int, filters: Filters) -> dict[str, Any]:
        """Return the videos most similar to one, with the fields of the hits of a search."""
        answer = self._engine.recommender().similar(video_id, k, filters)
        self._metrics.observe(answer)
        return similar_document(video_id, answer)

    def observe_notes(self, notes: Sequence[Note]) -> None:
        """Count fallbacks, and log the details, which are not sent to clients."""
        self._metrics.count_fallbacks(notes)
        for note in notes:
            if note.detail:
                log.warning("%s", note.full)

    def _answer(self, request: Request, deadline: Deadline | None = None) -> Answer:
        answer = self._engine.recommender().recommend(limit_budget(request, deadline))
        self._observe(answer, deadline)
        return answer

    def _observe(self, answer: Answer, deadline: Deadline | None = None) -> None:
        self._metrics.observe(answer)
        if deadline is None or deadline.remaining_s:  # else the client got the fallback, which was counted
            self._metrics.answers.labels("made").inc()
            self.observe_notes(answer.notes)

    def _cache_key(self, request: Request) -> Hashable:
        """Return everything that the answer depends on."""
        return self._engine.reloader.generation(), self._catalogue.reader_state(request.user_id), request


def limit_budget(request: Request, deadline: Deadline | None) -> Request:
    """Return `request` with a rerank budget in ms that ends before `deadline`."""
    if deadline is None:
        return request
    remaining_ms = RERANK_SHARE * deadline.remaining_s * 1000
    return replace(
        request, budget_ms=remaining_ms if request.budget_ms is None else min(remaining_ms, request.budget_ms)
    )
