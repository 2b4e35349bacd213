"""Event handlers of the laboratory, and messages for their errors. Gradio runs them in threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shortlist.core.errors import HomeLocked, ServiceError, ShortlistError, UnknownReader
from shortlist.core.json_documents import answer_document
from shortlist.core.ranking import Request
from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.limits.llm_queue import QueueFull
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.recommendations import limit_budget
from shortlist.serving.service.service import Service

LISTED_READERS = 200  # in the menu; you can type any other


class PageHandlers:
    """The handlers of the laboratory, which all its visitors share."""

    def __init__(self, context: AppContext, service: Service) -> None:
        self.service = service
        self.context = context

    def readers(self) -> list[str]:
        """Return the ids of readers in the menu."""
        return self.service.reader_ids(LISTED_READERS)

    def variants(self) -> list[str]:
        """Return the names of the variants that can be compared."""
        return list(self.context.variants)

    def recommend_with(self, variant: str, request: Request) -> dict[str, Any]:
        """Return the answer of one variant. Raises `QueueFull` and `TimeoutError`."""
        recommender, method = self.context.variant(variant)
        request = replace(request, rerank=method)

        def answer(deadline: Deadline | None) -> dict[str, Any]:
            return answer_document(recommender.recommend(limit_budget(request, deadline)))

        return self.service.queue.submit(answer).result() if self.service.may_call_model(request) else answer(None)


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
