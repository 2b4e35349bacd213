"""Answers in time: in the lane where the language model might be asked, without rerank where it is late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from anyio.to_thread import run_sync

from shortlist.core.config import NONE
from shortlist.core.ranking import Request
from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.limits.llm_queue import LlmQueue
from shortlist.serving.service.service import Service

Work = Callable[[Request, Deadline | None], dict[str, Any]]


async def recommend_in_time(
    work: Work, request: Request, service: Service, lane: LlmQueue, gone: Callable[[], Awaitable[object]]
) -> dict[str, Any]:
    """What `work` makes of `request`; `gone` returns when nobody waits any more. Raises `LaneFull` and `ClientGone`."""
    if not service.may_ask(request):
        return await run_sync(work, request, None)
    try:
        return await lane.run(lambda stop: work(request, stop), gone)
    except TimeoutError:
        document = await run_sync(work, replace(request, rerank=NONE), None)
        return service.told_late(document, lane.deadline_s)
