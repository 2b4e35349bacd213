"""What the page asks for: answers and kind words where there is none. Handlers run in threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from shortlist.core.config import NONE
from shortlist.core.errors import HomeLocked, ServiceError, ShortlistError, UnknownReader
from shortlist.core.ranking import Request
from shortlist.core.types import Reader
from shortlist.core.wire import answer_document
from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.limits.llm_queue import GRACE_S, LlmQueue, QueueFull
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service, within

READERS = 200  # offered to choose from; any other can be typed
OFFERED_CATEGORIES = 20


class PageHandlers:
    """One service and one lane, for all who look at the page."""

    def __init__(self, parts: AppContext) -> None:
        limits = parts.config.serve
        self.service = Service(parts)
        self.lane = LlmQueue(limits, parts.shared)
        self.parts = parts

    def readers(self) -> list[str]:
        """Some ids of readers."""
        return list(islice(self.parts.home.catalogue.readers.ids(), READERS))

    def categories(self) -> list[str]:
        """The categories of the home's videos."""
        names = (name for name in self.service.live.recommender.snapshot.columns.category.names if name)
        return sorted(names)[:OFFERED_CATEGORIES]

    def variants(self) -> list[str]:
        """Names of ways to rank."""
        return list(self.parts.variants)

    def invent(self, user: str, interests: Sequence[str]) -> None:
        """Make a reader. Raises `RecordError` for an id that is none."""
        reader = Reader(user.strip(), datetime.now(UTC), tuple(interests))
        self.parts.home.catalogue.readers.put([reader])

    def recommend(self, request: Request) -> dict[str, Any]:
        """The answer, without rerank where the language model is late or busy."""
        self.service.live.refresh()
        if not self.service.may_ask(request):
            return self.service.recommend(request)
        stop = Deadline(self.lane.deadline_s)
        try:
            return self.lane.submit(lambda one: self.service.recommend(request, one), stop).result(stop.left_s)
        except TimeoutError:
            return self.service.told_late(self.service.recommend(_plain(request)), self.lane.deadline_s)
        except QueueFull:
            return self.service.told_busy(self.service.recommend(_plain(request)))
        finally:
            stop.now()

    def ranked(self, variant: str, request: Request) -> dict[str, Any]:
        """The answer of one way to rank, its rerank as far as it comes. Raises `QueueFull`, and `TimeoutError`."""
        recommender, method = self.parts.variant(variant)
        wanted = replace(request, rerank=method)
        if not self.service.may_ask(wanted):
            return answer_document(recommender.recommend(wanted))
        stop = Deadline(self.lane.deadline_s)
        try:
            job = self.lane.submit(lambda one: recommender.recommend(within(wanted, one)), stop)
            return answer_document(job.result(stop.left_s))
        finally:
            stop.now()

    def chat(self, message: str, user: str | None, thread: str) -> str:
        """The reply. Raises `QueueFull`, `TimeoutError`, and as `Service.chat`."""
        stop = Deadline(self.lane.deadline_s)
        turn = self.lane.submit(lambda _: self.service.chat(message, user, thread).text, stop)
        try:
            return turn.result(stop.left_s + GRACE_S)
        finally:
            stop.now()
            turn.cancel()

    def happened(self, user: str, video_id: str, action: str, dwell_s: float | None) -> None:
        """Store what the reader did."""
        event = {"user_id": user, "item_id": video_id, "kind": "video", "action": action, "dwell_s": dwell_s}
        self.service.add_events([event])

    def empty(self) -> bool:
        """Whether there is nothing to recommend."""
        return not self.service.live.recommender.snapshot.n_live


def friendly(error: Exception) -> str:
    """What a person reads of an error."""
    match error:
        case UnknownReader():
            nearest = f" Did you mean {' or '.join(error.nearest)}?" if error.nearest else ""
            return f"There is no reader called “{error.user_id}”.{nearest} You can also invent one."
        case HomeLocked():
            return "Another process is writing just now. Please try again when it has finished."
        case TimeoutError():
            return "The language model took too long. Please ask without it, or try again later."
        case QueueFull():
            return "The language model is busy. Please try again in a moment."
        case ServiceError():
            return "There is no language model at hand just now: choose “none” as rerank, or try again later."
        case ShortlistError():
            return f"That cannot be done: {error.problem} (expected {error.expected}, found {error.found})."
    raise error


def guarded(work: Callable[[], Any]) -> tuple[Any, str]:
    """What `work` returns and no words; or None, and kind words about why not."""
    try:
        return work(), ""
    except (ShortlistError, QueueFull, TimeoutError) as error:
        return None, friendly(error)


def _plain(request: Request) -> Request:
    return Request(request.user_id, request.k, request.wish, NONE, filters=request.filters)
