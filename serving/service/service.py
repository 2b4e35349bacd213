"""The service behind the HTTP API, the web page and MCP."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import anyio
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from shortlist.agent.chat.reply import Reply
from shortlist.agent.reader.objective import objective_document, read_objective
from shortlist.agent.recommend import Draft, Progress
from shortlist.core.config import NONE
from shortlist.core.errors import HomeLocked, ShortlistError, UnknownItem, UsageError
from shortlist.core.json_documents import answer_document, notes_document
from shortlist.core.notes import Note
from shortlist.core.ranking import Filters, Request
from shortlist.core.types import NO_OBJECTIVE, Objective, Reader
from shortlist.ingest.default_enrichment import DefaultEnricher
from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.limits.llm_queue import Disconnected, LlmQueue, QueuedCall, QueueFull
from shortlist.serving.limits.thread_pool import WorkerThreads
from shortlist.serving.service.bulk_ingest import Result, remove_video, store_events, store_videos
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.documents import reader_document, video_detail_document
from shortlist.serving.service.home_metrics import HomeMetrics
from shortlist.serving.service.media import MediaFiles
from shortlist.serving.service.recommendations import Recommendations
from shortlist.store.catalogue.erasure.subject import Subject, SubjectKind

T = TypeVar("T")
Work = Callable[[Request, Deadline | None], dict[str, Any]]
STORAGE_THREADS = 2


class Service:
    """Reads and writes one home. Thread-safe.

    Work that may call the language model goes through `queue` and has a deadline. Other asynchronous work that computes
    runs in `threads`, and work that only reads and writes the home in `storage_threads`, so that a slow disk or another
    writer holds up no answer.
    """

    def __init__(self, context: AppContext) -> None:
        self.engine = engine = context.engine
        limits = engine.config.serve
        self.metrics = context.metrics
        self.queue = LlmQueue(limits, context.shared, self.metrics.llm_queue)
        self.threads = WorkerThreads(limits.threads, limits.deadline_s)
        self.storage_threads = WorkerThreads(STORAGE_THREADS, limits.deadline_s)
        self._recommendations = Recommendations(engine, self.metrics)
        self.media = MediaFiles(engine.home)
        self._home = engine.home
        self._encoder = engine.encoder
        self._forget, self._export_reader = context.forget, context.export_reader
        self._default_enricher = DefaultEnricher(self._home.catalogue, self._encoder, engine.config.ingest.categories)
        self._retry_locked = Retrying(
            retry=retry_if_exception_type(HomeLocked),
            stop=stop_after_delay(limits.write_wait_s),
            wait=wait_fixed(0.02),
            reraise=True,
        )
        snapshot = engine.reloader.snapshot
        snapshot()
        self.metrics.gauge("revision", "Revision of the index.", lambda: snapshot().revision)
        self.metrics.gauge("videos", "Videos in the index.", lambda: snapshot().n_live)
        self.metrics.add(HomeMetrics(engine.home, engine.config))

    def recommend(self, request: Request) -> dict[str, Any]:
        """Return the document of `recommend --json`, without rerank if the language model is late or busy.

        Raises like `Recommender.recommend`.
        """
        if not self.may_call_model(request):
            return self.engine.show(request, self._recommendations.recommend(request))
        try:
            answer = self.queue.submit(partial(self._recommendations.recommend, request)).result()
        except (TimeoutError, QueueFull) as error:
            answer = self._without_rerank(self._recommendations.recommend, request, error)
        return self.engine.show(request, answer)

    async def recommend_async(
        self, request: Request, disconnected: Disconnected = anyio.sleep_forever
    ) -> dict[str, Any]:
        """Return the same, without rerank if the language model is late. Also raises `QueueFull` and `ClientGone`."""
        return await self._answer_async(self._recommendations.recommend, request, disconnected)

    async def rank_async(
        self, request: Request, candidates: Sequence[str], disconnected: Disconnected = anyio.sleep_forever
    ) -> dict[str, Any]:
        """Return `candidates` in order for the reader. Raises like `recommend_async`."""

        def rank(request: Request, deadline: Deadline | None) -> dict[str, Any]:
            return self._recommendations.rank(request, candidates, deadline)

        return await self._answer_async(rank, request, disconnected)

    async def recommend_stream(self, request: Request, thread: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the answer of the retrieval at once and, while the language model improves it, each newer answer.

        An answer on the way has `progress`: the candidates judged so far and their number. The last one has none. It is
        by what was judged if the model is late, and the retrieval's if it is busy. Messages in `thread` of the chat can
        refer to the places of the last one. Raises like `Recommender.recommend`.
        """
        if not self.may_call_model(request):
            recommend, show = self._recommendations.recommend, self.engine.show
            yield await self.threads.run(lambda: show(request, recommend(request), thread))
            return
        draft = await self.threads.run(partial(self._recommendations.draft, request))
        answer = await self.threads.run(partial(self.engine.show, request, answer_document(draft.answer), thread))
        yield answer
        if draft.reranks:
            async for newer in self._finish(draft, answer):
                answer = {**newer, "request_id": answer["request_id"]}
                yield answer
            await self.threads.run(partial(self.engine.show, request, answer, thread))

    async def _finish(self, draft: Draft, answer: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Yield newer answers to the draft, whose document is `answer`; those that nobody waited for are left out."""
        loop = asyncio.get_running_loop()
        steps: asyncio.Queue[Progress] = asyncio.Queue()

        def show(progress: Progress) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(steps.put_nowait, progress)

        try:
            call = self.queue.submit(partial(self._recommendations.finish, draft, show))
            final = asyncio.ensure_future(call.result_async())
            try:
                while (step := await _next_step(steps, final)) is not None:
                    newer = await self.threads.run(partial(_step_document, step))
                    answer = {key: value for key, value in newer.items() if key != "progress"}
                    yield newer
                yield final.result()
            finally:
                final.cancel()
        except (TimeoutError, QueueFull) as error:
            yield self._noted(answer, error)

    def may_call_model(self, request: Request) -> bool:
        """Return whether the request might call the language model."""
        return self._recommendations.may_call_model(request)

    def explain(self, request: Request, video_id: str) -> dict[str, Any]:
        """See `Recommendations.explain`."""
        return self._recommendations.explain(request, video_id)

    def search(self, text: str, k: int, filters: Filters) -> dict[str, Any]:
        """Return the document of `search --json`. Raises like `Recommender.search`."""
        return self._recommendations.search(text, k, filters)

    def similar(self, video_id: str, k: int, filters: Filters) -> dict[str, Any]:
        """Return the videos most similar to one. Raises like `Recommender.similar`."""
        return self._recommendations.similar(video_id, k, filters)

    def chat(
        self, message: str, user: str | None, thread: str, *, may_store: bool = True, rerank: bool = True
    ) -> QueuedCall[Reply]:
        """Queue one turn, which stores feedback only if `may_store`. Its lists are reranked only if `rerank`.

        Raises `QueueFull`; its result raises `ServiceError` if a model is missing.
        """

        def turn(_deadline: Deadline) -> Reply:
            reply = self.engine.chat(rerank=rerank).turn(message, user, thread, may_store=may_store)
            self._recommendations.observe_notes(reply.notes)
            return reply

        return self.queue.submit(turn)

    def check(self) -> dict[str, str]:
        """Return the state of the home and its encoder. Raises `StateError` if the home cannot be read."""
        self._home.catalogue.revision()
        try:
            self._encoder()
        except ShortlistError:
            return {"status": "ready", "encoder": "missing"}
        return {"status": "ready", "encoder": "loaded"}

    def video(self, video_id: str) -> dict[str, Any]:
        """Return all fields of a video. Raises `UnknownItem`."""
        return video_detail_document(self._home.catalogue.videos.get(video_id))

    def reader(self, user_id: str) -> dict[str, Any]:
        """Return a reader's profile and history. Raises `UnknownReader`."""
        catalogue = self._home.catalogue
        taste = catalogue.tastes.get(user_id)
        profile = self.engine.recommender().profile(user_id)
        return reader_document(catalogue.readers.get(user_id), profile, taste[0] if taste else None)

    def objective(self, user_id: str) -> dict[str, Any]:
        """Return a reader's own objective. Raises `UnknownReader`."""
        return objective_document(self.engine.recommender().profile(user_id))

    def put_objective(self, user_id: str, objective: Objective) -> dict[str, Any]:
        """Store a reader's own objective, without entries of 0, and return it. Raises `UnknownReader`."""
        self._home.catalogue.objectives.put(user_id, NO_OBJECTIVE.merged(objective))
        return self.objective(user_id)

    def change_objective(
        self, user_id: str, more: Sequence[str], less: Sequence[str], neither: Sequence[str], length_s: float | None
    ) -> dict[str, Any]:
        """Change entries of a reader's own objective by names in any case, and return it.

        Raises `UnknownReader`, and `UsageError` for a name that no category or channel has.
        """
        recommender = self.engine.recommender()
        columns = recommender.snapshot.columns
        asked = read_objective(
            more=more, less=less, neither=neither, length_s=length_s,
            categories=columns.category.names, channels=columns.channel.names,
        )  # fmt: skip
        return self.put_objective(user_id, recommender.profile(user_id).objective.merged(asked))

    def create_reader(self, user_id: str, interests: Sequence[str]) -> None:
        """Store a new reader; a known one stays as it is. Raises `RecordError` for an invalid id."""
        readers, new = self._home.catalogue.readers, Reader(user_id.strip(), datetime.now(UTC), tuple(interests))
        if not readers.get_many([new.id]):
            readers.put([new])

    def reader_ids(self, limit: int) -> list[str]:
        """Return the first ids of readers, sorted."""
        return list(islice(self._home.catalogue.readers.ids(), limit))

    def last_reader(self) -> str | None:
        """Return the reader of the event that was stored last; None if there is none."""
        events = self._home.catalogue.events
        last = events.get_numbered(events.last_number())
        return last.user_id if last else None

    def categories(self) -> list[str]:
        """Return the categories of the videos, sorted."""
        return sorted(name for name in self.engine.reloader.snapshot().columns.category.names if name)

    def add_events(self, items: Sequence[object], request_key: str | None = None) -> list[Result]:
        """Store events, which count in their readers' next recommendations. See `store_events` for `request_key`."""
        return self._count_results("event", store_events(self._home, items, request_key))

    def remove_event(self, event_id: str, user_id: str | None = None) -> None:
        """Delete an event, which no longer counts in its reader's recommendations.

        Without `user_id` it is the only reader with an event of this id. Raises `UnknownItem`, and `UsageError` if
        several readers have one.
        """
        events = self._home.catalogue.events
        if user_id is None and len(found := events.get_many([event_id])) > 1:
            expected, remedy = "an id that one reader has", "add user_id to the request"
            raise UsageError("ambiguous event", expected=expected, found=f"{len(found)} events", remedy=remedy)
        if not events.remove([event_id], user_id):
            expected, remedy = "the id of a stored event", "see `shortlist reader events list USER`"
            raise UnknownItem("unknown event", expected=expected, found=repr(event_id), remedy=remedy)

    def add_videos(self, items: Sequence[object]) -> list[Result]:
        """Store videos, which are searchable afterwards. Raises `HomeLocked` while another process ingests."""
        results = self.write(lambda: store_videos(self._home, items, self._default_enricher, self._encoder))
        return self._count_results("video", results)

    def remove_video(self, video_id: str) -> None:
        """Delete a video, which no list has afterwards. Raises `UnknownItem`, and `HomeLocked` like `add_videos`."""
        self.write(lambda: remove_video(self._home, video_id, self._encoder))

    def write(self, work: Callable[[], T]) -> T:
        """Return `work()`, which writes content; lists have it afterwards. Raises `HomeLocked` like `add_videos`."""
        with self._writer_lock(), self.engine.reloader.writing():
            return work()

    def export_reader(self, user_id: str) -> dict[str, Any]:
        """Return all that is stored of a reader. Raises `UnknownReader`."""
        self.engine.exposures.flush()
        return self._export_reader(user_id)

    def forget(self, kind: SubjectKind, subject_id: str) -> dict[str, Any]:
        """Erase a reader, video or article for good, and return the receipt.

        Raises `UnknownReader` or `UnknownItem`, and `HomeLocked` while a process ingests.
        """
        with self._writer_lock(), self.engine.reloader.writing():
            self.engine.exposures.flush()
            return self._forget(Subject(kind, subject_id))

    def close(self) -> None:
        """Close the queue, and write what was recorded. Waits at most `serve.shutdown_s` seconds for running calls."""
        self.queue.close()
        self.engine.exposures.close()

    async def _answer_async(
        self, work: Work, request: Request, disconnected: Disconnected = anyio.sleep_forever
    ) -> dict[str, Any]:
        if not self.may_call_model(request):
            return await self.threads.run(lambda: self.engine.show(request, work(request, None)))
        try:
            answer = await self.queue.submit(partial(work, request)).result_async(disconnected)
        except TimeoutError as error:
            answer = await self.threads.run(partial(self._without_rerank, work, request, error))
        return await self.threads.run(partial(self.engine.show, request, answer))

    def _without_rerank(self, work: Work, request: Request, error: TimeoutError | QueueFull) -> dict[str, Any]:
        """Return the answer without rerank, with a note on the reason, and count it as a fallback."""
        return self._noted(work(replace(request, rerank=NONE), None), error)

    def _noted(self, document: dict[str, Any], error: TimeoutError | QueueFull) -> dict[str, Any]:
        note = Note("model-busy", f"no rerank: {error}")
        if isinstance(error, TimeoutError):
            why = f"the language model did not answer within {self.queue.deadline_s:g} s"
            note = Note("model-late", f"no rerank: {why}")
        self._recommendations.observe_notes([note])
        return {**document, "notes": [*document["notes"], *notes_document([note])]}

    @contextmanager
    def _writer_lock(self) -> Iterator[None]:
        """Hold the writer lock. Waits at most `serve.write_wait_s` seconds for other processes."""
        with ExitStack() as stack:
            for attempt in self._retry_locked:
                with attempt:
                    stack.enter_context(self._home.writing("storing videos"))
            yield

    def _count_results(self, kind: str, results: list[Result]) -> list[Result]:
        for status, number in Counter(result["status"] for result in results).items():
            self.metrics.taken.labels(kind, status).inc(number)
        return results


async def _next_step(steps: asyncio.Queue[Progress], final: asyncio.Future[dict[str, Any]]) -> Progress | None:
    """Wait for the newest step; None once `final` is done."""
    step = asyncio.ensure_future(steps.get())
    try:
        either: set[asyncio.Future[Any]] = {step, final}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if final.done():
            return None
        newest = step.result()
        while not steps.empty():
            newest = steps.get_nowait()
        return newest
    finally:
        step.cancel()


def _step_document(step: Progress) -> dict[str, Any]:
    return {**answer_document(step.answer()), "progress": {"judged": step.judged, "of": step.total}}
