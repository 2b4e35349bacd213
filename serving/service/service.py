"""What all servers offer: the recommender's answers and the home's records as documents. Safe for many threads."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from shortlist.agent.chat.reply import Reply
from shortlist.agent.explain.explain import FUSION, stages_of
from shortlist.agent.rerank.policy import may_ask
from shortlist.core.config import NONE
from shortlist.core.errors import HomeLocked, ShortlistError, UnknownItem
from shortlist.core.notes import Note
from shortlist.core.ranking import MAX_K, Answer, Filters, Request
from shortlist.core.wire import (
    answer_document,
    notes_document,
    recommendation_document,
    search_document,
    stages_document,
)
from shortlist.ingest.complete import Completion
from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.service.bulk_ingest import Result, take_events, take_videos
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.documents import ranking_document, reader_document, whole_video
from shortlist.serving.service.reloader import Reloader
from shortlist.serving.service.response_cache import ResponseCache

log = logging.getLogger(__name__)

FULL_SHARE = 0.9  # of the time left is the rerank's; the rest is for what comes after


class Service:
    """Answers over the newest state of one home; the only one over its `parts`."""

    def __init__(self, parts: AppContext) -> None:
        self.metrics = parts.metrics
        self.live = Reloader(parts)
        self._parts = parts
        self._home = parts.home
        self._patient = Retrying(
            retry=retry_if_exception_type(HomeLocked),
            stop=stop_after_delay(parts.config.serve.write_wait_s),
            wait=wait_fixed(0.02),
            reraise=True,
        )
        self._kept = ResponseCache(parts.config.serve.kept_answers)
        self._completion = Completion(parts.home.catalogue, parts.encoder, parts.config.ingest.categories)
        self.metrics.gauge("revision", "Revision that is searched.", lambda: self.live.recommender.snapshot.revision)
        self.metrics.gauge("videos", "Videos that can be found.", lambda: self.live.recommender.snapshot.n_live)

    def may_ask(self, request: Request) -> bool:
        """Whether `recommend` might ask the language model."""
        return may_ask(request, self._parts.config.rerank)

    def recommend(self, request: Request, stop: Deadline | None = None) -> dict[str, Any]:
        """The document of `recommend --json`. Raises as `Recommender.recommend`.

        With `stop`, the rerank ends in time. Answers that asked no language model are kept: the same question gets
        the same answer until the reader does something, is changed, or the home moves on.
        """
        if self.may_ask(request):
            return answer_document(self._answer(request, stop))
        began = perf_counter()
        key = self._key(request)
        kept = self._kept.recall(key)
        self.metrics.answers.labels("made" if kept is None else "kept").inc()
        if kept is not None:
            return {**kept, "timings_ms": {"recall": round((perf_counter() - began) * 1000, 2)}}
        document = answer_document(self._answer(request))
        self._kept.keep(key, document)
        return document

    def told_late(self, document: dict[str, Any], deadline_s: float) -> dict[str, Any]:
        """`document`, made without rerank since the language model took too long, with a note that says so."""
        late = f"no rerank: the language model did not answer within {deadline_s:g} s"
        return self._told(document, Note("model-late", late))

    def told_busy(self, document: dict[str, Any]) -> dict[str, Any]:
        """The same where too many others wait for the language model."""
        return self._told(document, Note("model-busy", "no rerank: too many requests wait for the language model"))

    def check(self) -> dict[str, str]:
        """How the home and its encoder are. Raises `StateError` where the home cannot be read."""
        self._home.catalogue.revision()
        try:
            self._parts.encoder()
        except ShortlistError:
            return {"status": "ready", "encoder": "missing"}
        return {"status": "ready", "encoder": "loaded"}

    def rank(self, request: Request, candidates: Sequence[str], stop: Deadline | None = None) -> dict[str, Any]:
        """Where each of `candidates` stands for the reader. Raises as `Recommender.recommend`."""
        wanted = list(dict.fromkeys(candidates))
        only = replace(request, k=min(max(1, len(wanted)), MAX_K), only=frozenset(wanted))
        return ranking_document(self._answer(only, stop), wanted)

    def explain(self, request: Request, video_id: str) -> dict[str, Any]:
        """One video for a reader, seen or not: reason, evidence, and its place and stages among all videos.

        Below the best 1,000 it has no place. Raises `UnknownItem`, and as `Recommender.recommend`.
        """
        self._home.catalogue.videos.get(video_id)
        filters = replace(request.filters, include_seen=True)
        every = replace(request, k=MAX_K, rerank=NONE, filters=filters)
        answer = self._answer(replace(every, k=1, only=frozenset({video_id})))
        if not answer.recommendations:
            raise UnknownItem(
                "nothing tells of this video", expected="a video that is indexed", found=repr(video_id), remedy="wait"
            )
        [ranked] = self.live.recommender.rank_many([every])
        stages = stages_document(stages_of(ranked.case.ranking, None, [video_id])[video_id])
        place = stages.get(FUSION, {"rank": None, "score": None})
        return {**recommendation_document(answer.recommendations[0]), **place, "stages": stages}

    def search(self, text: str, k: int, filters: Filters) -> dict[str, Any]:
        """The document of `search --json`. Raises as `Recommender.search`."""
        answer = self.live.recommender.search(text, k, filters)
        self.metrics.observe(answer)
        return search_document(text, answer)

    def chat(self, message: str, user: str | None, thread: str) -> Reply:
        """One turn. Raises `ServiceError` where no model is to be had that the message needs."""
        reply = self.live.chat.turn(message, user, thread)
        self._observe(reply.notes)
        return reply

    def add_events(self, items: Sequence[object]) -> list[Result]:
        """Store events; they are in their readers' next recommendations."""
        return self._counted("event", take_events(self._home, items))

    def add_videos(self, items: Sequence[object]) -> list[Result]:
        """Store videos; they can be found when this returns. Raises `HomeLocked` while another process ingests."""
        with self._content(), self.live.writing():
            results = take_videos(self._home, items, self._completion, self._parts.encoder)
        return self._counted("video", results)

    @contextmanager
    def _content(self) -> Iterator[None]:
        """The writer lock, until what was written is loaded; another process of this server has it for a moment."""
        with ExitStack() as stack:
            for attempt in self._patient:
                with attempt:
                    stack.enter_context(self._home.writing("storing videos"))
            yield

    def video(self, video_id: str) -> dict[str, Any]:
        """Everything about a video. Raises `UnknownItem`."""
        return whole_video(self._home.catalogue.videos.get(video_id))

    def reader(self, user_id: str) -> dict[str, Any]:
        """A reader's profile and history. Raises `UnknownReader`."""
        catalogue = self._home.catalogue
        taste = catalogue.tastes.get(user_id)
        profile = self.live.recommender.profile(user_id)
        return reader_document(catalogue.readers.get(user_id), profile, taste[0] if taste else None)

    def _answer(self, request: Request, stop: Deadline | None = None) -> Answer:
        answer = self.live.recommender.recommend(within(request, stop))
        self.metrics.observe(answer)
        if stop is None or stop.left_s:  # else nobody waits for it any more, and who did was told so
            self._observe(answer.notes)
        return answer

    def _told(self, document: dict[str, Any], note: Note) -> dict[str, Any]:
        self._observe([note])
        return {**document, "notes": [*document["notes"], *notes_document([note])]}

    def _observe(self, notes: Sequence[Note]) -> None:
        """Count fallbacks, and log the details that no client is sent."""
        self.metrics.count_fallbacks(notes)
        for note in notes:
            if note.detail:
                log.warning("%s", note.full)

    def _key(self, request: Request) -> Hashable:
        """All that the answer depends on."""
        return self.live.generation, self._home.catalogue.reader_state(request.user_id), request

    def _counted(self, kind: str, results: list[Result]) -> list[Result]:
        for status, number in Counter(result["status"] for result in results).items():
            self.metrics.taken.labels(kind, status).inc(number)
        return results


def within(request: Request, stop: Deadline | None) -> Request:
    """`request` with a budget for its rerank that ends before `stop` does."""
    if stop is None:
        return request
    left_ms = FULL_SHARE * stop.left_s * 1000
    return replace(request, budget_ms=left_ms if request.budget_ms is None else min(left_ms, request.budget_ms))
