"""Event handlers of the page, and messages for their errors. Gradio runs them in threads."""

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
from shortlist.serving.service.recommendations import limit_budget
from shortlist.serving.service.service import Service

LISTED_READERS = 200  # in the menu; you can type any other
LISTED_CATEGORIES = 20


class PageHandlers:
    """The handlers of one page, which all its visitors share."""

    def __init__(self, context: AppContext) -> None:
        self.service = Service(context)
        self.context = context

    def readers(self) -> list[str]:
        """Return the ids of readers in the menu."""
        return list(islice(self.context.home.catalogue.readers.ids(), LISTED_READERS))

    def categories(self) -> list[str]:
        """Return the categories of the home's videos."""
        names = (name for name in self.service.reloader.snapshot().columns.category.names if name)
        return sorted(names)[:LISTED_CATEGORIES]

    def variants(self) -> list[str]:
        """Return the names of the variants that can be compared."""
        return list(self.context.variants)

    def create_reader(self, user: str, interests: Sequence[str]) -> None:
        """Store a new reader. Raises `RecordError` for an invalid id."""
        reader = Reader(user.strip(), datetime.now(UTC), tuple(interests))
        self.context.home.catalogue.readers.put([reader])

    def recommend(self, request: Request) -> dict[str, Any]:
        """Return the answer over the newest content, without rerank if the language model is late or busy."""
        self.service.reloader.refresh()
        return self.service.recommend(request)

    def recommend_with(self, variant: str, request: Request) -> dict[str, Any]:
        """Return the answer of one variant. Raises `QueueFull` and `TimeoutError`."""
        recommender, method = self.context.variant(variant)
        request = replace(request, rerank=method)

        def answer(deadline: Deadline | None) -> dict[str, Any]:
            return answer_document(recommender.recommend(limit_budget(request, deadline)))

        return self.service.queue.submit(answer).result() if self.service.may_call_model(request) else answer(None)

    def chat(self, message: str, user: str | None, thread: str) -> str:
        """Return the reply. Raises `TimeoutError`, and like `Service.chat`."""
        return self.service.chat(message, user, thread).result(GRACE_S).text

    def add_event(self, user: str, video_id: str, action: str, dwell_s: float | None) -> None:
        """Store an event of the reader, at the current time."""
        event = {"user_id": user, "item_id": video_id, "kind": "video", "action": action, "dwell_s": dwell_s}
        self.service.add_events([event])

    def has_no_videos(self) -> bool:
        """Return whether the home has no videos."""
        return not self.service.reloader.snapshot().n_live


def error_message(error: Exception) -> str:
    """Return the message that a visitor sees for `error`. Raises any other error."""
    match error:
        case UnknownReader():
            nearest = f" Did you mean {' or '.join(error.nearest)}?" if error.nearest else ""
            return f"There is no reader called “{error.user_id}”.{nearest} You can also create one."
        case HomeLocked():
            return "Another process is writing just now. Please try again when it has finished."
        case TimeoutError():
            return "The language model took too long. Please ask without it, or try again later."
        case QueueFull():
            return "The language model is busy. Please try again in a moment."
        case ServiceError():
            return "The language model is not available: choose “none” as rerank, or try again later."
        case ShortlistError():
            return f"That did not work: {error.problem} (expected {error.expected}, found {error.found})."
    raise error


def try_call(work: Callable[[], Any]) -> tuple[Any, str]:
    """Return the result of `work` and an empty message, or None and a message about its error."""
    try:
        return work(), ""
    except (ShortlistError, QueueFull, TimeoutError) as error:
        return None, error_message(error)
