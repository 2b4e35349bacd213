"""The chat, as server-sent events: `text` for every line of the reply, then `reply` with the whole document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from agent.chat.reply import Reply
from serving.api.access import Reading
from serving.api.held import PROBLEMS, LaneToModel, Offered
from serving.api.problems import problem_of
from serving.schemas import ChatAsked
from serving.stop import Stop

HEARTBEAT_S = 5.0
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "server-sent events", "content": {"text/event-stream": {}}},
    **PROBLEMS,
}

router = APIRouter(prefix="/v1")


@router.post("/chat", responses=ANSWERS, response_class=Response)
async def chat(asked: ChatAsked, service: Offered, lane: LaneToModel, key: Reading) -> Response:
    """Ask in words. A thread remembers; every key has threads of its own."""
    thread = asked.thread if key is None else f"{key}:{asked.thread}"
    stop = Stop(lane.deadline_s)
    turn = lane.submit(lambda _stop: service.chat(asked.message, asked.user, thread), stop)
    return StreamingResponse(_events(turn, stop), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(turn: Future[Reply], stop: Stop) -> AsyncIterator[bytes]:
    try:
        waiting = asyncio.wrap_future(turn)
        while not (await asyncio.wait({waiting}, timeout=HEARTBEAT_S))[0]:
            yield b": thinking\n\n"
        try:
            reply = waiting.result()
        except Exception as error:  # noqa: BLE001  (the answer has begun: what went wrong is its last event)
            yield _event("problem", json.loads(bytes(problem_of(error).body)))
            return
        for line in reply.text.splitlines():
            yield _event("text", {"text": line})
        yield _event("reply", reply.document)
    finally:
        stop.now()
        turn.cancel()


def _event(name: str, document: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(document, ensure_ascii=True, allow_nan=False)}\n\n".encode()
