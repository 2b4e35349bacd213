"""Server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from shortlist.serving.api.deps import PROBLEMS
from shortlist.serving.http.problems import answer_headers, problem_of

HEARTBEAT_S = 5.0
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "server-sent events", "content": {"text/event-stream": {}}},
    **PROBLEMS,
}


async def event_stream(name: str, documents: AsyncIterator[dict[str, Any]]) -> Response:
    """Return a response that sends each of `documents` as an event called `name`.

    Raises an error of the first document, which thereby gets its own status. A later error is sent as the event
    `problem`.
    """
    first = await anext(documents)
    response = stream_response(_events(name, first, documents))
    response.headers.update(answer_headers(first))
    return response


def stream_response(events: AsyncIterator[bytes]) -> Response:
    """Return a response that sends `events`, and a comment after every `HEARTBEAT_S` seconds without one."""
    return StreamingResponse(
        _with_heartbeat(events), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


def event(name: str, document: Any) -> bytes:
    """Return one encoded event."""
    return f"event: {name}\ndata: {json.dumps(document, ensure_ascii=True, allow_nan=False)}\n\n".encode()


def problem_event(error: Exception) -> bytes:
    """Return the problem document of `error` as an event, for a response whose status is already sent."""
    return event("problem", json.loads(bytes(problem_of(error).body)))


async def _events(name: str, first: dict[str, Any], later: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    yield event(name, first)
    try:
        async for document in later:
            yield event(name, document)
    except Exception as error:  # noqa: BLE001  (it becomes the last event)
        yield problem_event(error)


async def _with_heartbeat(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        next_event = asyncio.ensure_future(anext(events, None))
        try:
            while not (await asyncio.wait({next_event}, timeout=HEARTBEAT_S))[0]:
                yield b": thinking\n\n"
        finally:
            next_event.cancel()  # no-op unless the client has left
        if (data := next_event.result()) is None:
            return
        yield data
