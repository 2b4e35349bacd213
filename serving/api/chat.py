"""Chat as server-sent events: `text` for each line of the reply, then `reply` with the whole document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from shortlist.agent.chat.reply import Reply
from shortlist.core.config import NONE
from shortlist.serving.api.bodies import body_in_openapi, body_of
from shortlist.serving.api.deps import ServiceDep
from shortlist.serving.api.server_sent_events import STREAM, event, problem_event, stream_response
from shortlist.serving.http.auth import Reading
from shortlist.serving.limits.llm_queue import GRACE_S, QueuedCall, QueueFull
from shortlist.serving.service.request_schemas import ChatIn

router = APIRouter(prefix="/v1")


@router.post("/chat", responses=STREAM, response_class=Response, openapi_extra=body_in_openapi(ChatIn))
async def chat(service: ServiceDep, caller: Reading, body: Annotated[ChatIn, Depends(body_of(ChatIn))]) -> Response:
    """Ask in your own words. A thread keeps the conversation, and each key has its own threads.

    A message can name any reader, so the key of one reader is rejected. Feedback, as in "I liked number 2", is stored
    only for a key that may write.
    """
    rerank, may_store = body.rerank != NONE, caller.may_write
    thread = caller.thread(body.thread)
    turn = service.chat(body.message, body.user, thread, may_store=may_store, rerank=rerank)
    return stream_response(_events(turn))


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
