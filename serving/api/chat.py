"""The chat, as server-sent events: `text` for every line of the reply, then `reply` with the whole document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from shortlist.agent.chat.reply import Reply
from shortlist.serving.api.bodies import body_of, described
from shortlist.serving.api.deps import ServiceDep
from shortlist.serving.api.events import STREAM, event, problem_event, streamed
from shortlist.serving.http.auth import Reading
from shortlist.serving.limits.llm_queue import GRACE_S, QueuedCall, QueueFull
from shortlist.serving.service.schemas import ChatIn

router = APIRouter(prefix="/v1")


@router.post("/chat", responses=STREAM, response_class=Response, openapi_extra=described(ChatIn))
async def chat(service: ServiceDep, caller: Reading, asked: Annotated[ChatIn, Depends(body_of(ChatIn))]) -> Response:
    """Ask in words. A thread remembers; every key has threads of its own.

    Words can name any reader, so the key of one reader is refused.
    """
    thread = asked.thread if caller.id is None else f"{caller.id}:{asked.thread}"
    return streamed(_events(service.chat(asked.message, asked.user, thread)))


async def _events(turn: QueuedCall[Reply]) -> AsyncIterator[bytes]:
    try:
        reply = await turn.result_async(grace_s=GRACE_S)
    except TimeoutError:
        yield problem_event(QueueFull("the language model does not answer", GRACE_S))
        return
    except Exception as error:  # noqa: BLE001  (it becomes the last event)
        yield problem_event(error)
        return
    for line in reply.text.splitlines():
        yield event("text", {"text": line})
    yield event("reply", reply.document)
