"""Recommendations, rankings, explanations and searches as documents, over the newest state of one home."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from shortlist.agent.explain.explain import FUSION, stages_of
from shortlist.agent.rerank.policy import may_call_model
from shortlist.core.config import NONE
from shortlist.core.errors import UnknownItem
from shortlist.core.json_documents import answer_document, recommendation_document, search_document, stages_document
from shortlist.core.notes import Note
from shortlist.core.ranking import MAX_K, Answer, Filters, Request
from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.documents import ranking_document
from shortlist.serving.service.reloader import Reloader
from shortlist.serving.service.response_cache import ResponseCache

log = logging.getLogger(__name__)

RERANK_SHARE = 0.9  # of the time left; the rest is for the steps after the rerank


class Recommendations:
    """Every method raises as the `Recommender` method that it calls. With a deadline, a rerank ends before it."""

    def __init__(self, context: AppContext, reloader: Reloader) -> None:
        self._metrics = context.metrics
        self._rerank = context.config.rerank
        self._catalogue = context.home.catalogue
        self._reloader = reloader
        self._cache = ResponseCache(context.config.serve.kept_answers)

    def may_ask(self, request: Request) -> bool:
        """Whether `recommend` might ask the language model."""
        return may_call_model(request, self._rerank)

    def recommend(self, request: Request, deadline: Deadline | None = None) -> dict[str, Any]:
        """The document of `recommend --json`.

        Answers that asked no language model are cached: the same question gets the same answer until the reader's
        events, the reader or the home change.
        """
        if self.may_ask(request):
            return answer_document(self._answer(request, deadline))
        began = perf_counter()
        key = self._key(request)
        cached = self._cache.recall(key)
        self._metrics.answers.labels("made" if cached is None else "kept").inc()
        if cached is not None:
            return {**cached, "timings_ms": {"recall": round((perf_counter() - began) * 1000, 2)}}
        document = answer_document(self._answer(request))
        self._cache.keep(key, document)
        return document

    def rank(self, request: Request, candidates: Sequence[str], deadline: Deadline | None = None) -> dict[str, Any]:
        """The order of `candidates` for the reader."""
        wanted = list(dict.fromkeys(candidates))
        only = replace(request, k=min(max(1, len(wanted)), MAX_K), only=frozenset(wanted))
        return ranking_document(self._answer(only, deadline), wanted)

    def explain(self, request: Request, video_id: str) -> dict[str, Any]:
        """One video for a reader, seen or not: reason, evidence, and its place and stages among all videos.

        Below the best 1,000 it has no place. Raises `UnknownItem` too.
        """
        self._catalogue.videos.get(video_id)
        filters = replace(request.filters, include_seen=True)
        every = replace(request, k=MAX_K, rerank=NONE, filters=filters)
        answer = self._answer(replace(every, k=1, only=frozenset({video_id})))
        if not answer.recommendations:
            raise UnknownItem(
                "nothing tells of this video", expected="a video that is indexed", found=repr(video_id), remedy="wait"
            )
        [reranked] = self._reloader.recommender().rank_many([every])
        stages = stages_document(stages_of(reranked.ranked.ranking, None, [video_id])[video_id])
        place = stages.get(FUSION, {"rank": None, "score": None})
        return {**recommendation_document(answer.recommendations[0]), **place, "stages": stages}

    def search(self, text: str, k: int, filters: Filters) -> dict[str, Any]:
        """The document of `search --json`."""
        answer = self._reloader.recommender().search(text, k, filters)
        self._metrics.observe(answer)
        return search_document(text, answer)

    def observe_notes(self, notes: Sequence[Note]) -> None:
        """Count fallbacks, and log the details that no client receives."""
        self._metrics.count_fallbacks(notes)
        for note in notes:
            if note.detail:
                log.warning("%s", note.full)

    def _answer(self, request: Request, deadline: Deadline | None = None) -> Answer:
        answer = self._reloader.recommender().recommend(within(request, deadline))
        self._metrics.observe(answer)
        if deadline is None or deadline.left_s:  # else the client got another answer, whose notes were counted
            self.observe_notes(answer.notes)
        return answer

    def _key(self, request: Request) -> Hashable:
        """Everything that the answer depends on."""
        return self._reloader.generation(), self._catalogue.reader_state(request.user_id), request


def within(request: Request, deadline: Deadline | None) -> Request:
    """`request` with a time budget for its rerank that ends before `deadline`."""
    if deadline is None:
        return request
    left_ms = RERANK_SHARE * deadline.left_s * 1000
    return replace(request, budget_ms=left_ms if request.budget_ms is None else min(left_ms, request.budget_ms))
