"""The chat, as server-sent events: `text` for every line of the reply, then `reply` with the whole document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from time import monotonic
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from shortlist.agent.chat.reply import Reply
from shortlist.serving.api.deps import PROBLEMS, LaneToModel, Offered
from shortlist.serving.http.auth import Reading
from shortlist.serving.http.problems import busy, problem_of
from shortlist.serving.limits.deadline import Deadline
from shortlist.serving.limits.llm_queue import GRACE_S
from shortlist.serving.service.schemas import ChatIn

HEARTBEAT_S = 5.0
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "server-sent events", "content": {"text/event-stream": {}}},
    **PROBLEMS,
}

router = APIRouter(prefix="/v1")


@router.post("/chat", responses=ANSWERS, response_class=Response)
async def chat(asked: ChatIn, service: Offered, lane: LaneToModel, key: Reading) -> Response:
    """Ask in words. A thread remembers; every key has threads of its own."""
    thread = asked.thread if key is None else f"{key}:{asked.thread}"
    stop = Deadline(lane.deadline_s)
    turn = lane.submit(lambda _stop: service.chat(asked.message, asked.user, thread), stop)
    return StreamingResponse(_events(turn, stop), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(turn: Future[Reply], stop: Deadline) -> AsyncIterator[bytes]:
    waiting = asyncio.wrap_future(turn)
    end = monotonic() + stop.left_s + GRACE_S
    try:
        while not waiting.done() and (left_s := end - monotonic()) > 0:
            if not (await asyncio.wait({waiting}, timeout=min(HEARTBEAT_S, left_s)))[0]:
                yield b": thinking\n\n"
        for event in _outcome(waiting):
            yield event
    finally:
        stop.now()
        waiting.cancel()


def _outcome(turn: asyncio.Future[Reply]) -> Iterator[bytes]:
    if not turn.done():
        yield _problem(busy("the language model does not answer", GRACE_S))
        return
    try:
        reply = turn.result()
    except Exception as error:  # noqa: BLE001  (the answer has begun: what went wrong is its last event)
        yield _problem(problem_of(error))
        return
    for line in reply.text.splitlines():
        yield _event("text", {"text": line})
    yield _event("reply", reply.document)


def _problem(response: Response) -> bytes:
    return _event("problem", json.loads(bytes(response.body)))


def _event(name: str, document: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(document, ensure_ascii=True, allow_nan=False)}\n\n".encode()
