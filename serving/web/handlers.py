"""The handlers behind the page, and friendly messages for their errors. They run in threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from shortlist.core.errors import HomeLocked, ServiceError, ShortlistError, UnknownReader
from shortlist.core.json_documents import answer_document
from shortlist.core.ranking import Request
from shortlist.core.types import Reader
from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.limits.llm_queue import GRACE_S, QueueFull
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.recommendations import within
from shortlist.serving.service.service import Service

READERS = 200  # offered to choose from; any other can be typed
OFFERED_CATEGORIES = 20


class PageHandlers:
    """One service for every visitor of the page."""

    def __init__(self, context: AppContext) -> None:
        self.service = Service(context)
        self.context = context

    def readers(self) -> list[str]:
        """Some ids of readers."""
        return list(islice(self.context.home.catalogue.readers.ids(), READERS))

    def categories(self) -> list[str]:
        """The categories of the home's videos."""
        names = (name for name in self.service.reloader.snapshot().columns.category.names if name)
        return sorted(names)[:OFFERED_CATEGORIES]

    def variants(self) -> list[str]:
        """Names of the variants that can be compared."""
        return list(self.context.variants)

    def invent(self, user: str, interests: Sequence[str]) -> None:
        """Create a reader. Raises `RecordError` for an invalid id."""
        reader = Reader(user.strip(), datetime.now(UTC), tuple(interests))
        self.context.home.catalogue.readers.put([reader])

    def recommend(self, request: Request) -> dict[str, Any]:
        """The answer, from the newest content; without rerank where the language model is late or busy."""
        self.service.reloader.refresh()
        return self.service.recommend(request)

    def ranked(self, variant: str, request: Request) -> dict[str, Any]:
        """The answer of one variant. Raises `QueueFull`, and `TimeoutError`."""
        recommender, method = self.context.variant(variant)
        wanted = replace(request, rerank=method)

        def answer(deadline: Deadline | None) -> dict[str, Any]:
            return answer_document(recommender.recommend(within(wanted, deadline)))

        return self.service.queue.submit(answer).result() if self.service.may_ask(wanted) else answer(None)

    def chat(self, message: str, user: str | None, thread: str) -> str:
        """The reply. Raises `QueueFull`, `TimeoutError`, and as `Service.chat`."""
        return self.service.chat(message, user, thread).result(GRACE_S).text

    def happened(self, user: str, video_id: str, action: str, dwell_s: float | None) -> None:
        """Store an event of the reader."""
        event = {"user_id": user, "item_id": video_id, "kind": "video", "action": action, "dwell_s": dwell_s}
        self.service.add_events([event])

    def empty(self) -> bool:
        """Whether there is nothing to recommend."""
        return not self.service.reloader.snapshot().n_live


def friendly(error: Exception) -> str:
    """The message that a person sees for `error`."""
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
    """The result of `work` and an empty message, or None and a friendly message about its error."""
    try:
        return work(), ""
    except (ShortlistError, QueueFull, TimeoutError) as error:
        return None, friendly(error)
