"""Limit the size of a request body and the time in which it must arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.serving.http.problems import problem, problem_of

BYTES_PER_S = 100_000  # each so many received bytes extend the time limit by a second


class BodyLimit:
    """Reject a body of more than `max_bytes` (413), and one that is not complete in time (408).

    The time limit is `seconds` from the start of the body plus a second for every `BYTES_PER_S` bytes received, so that
    a client cannot hold a connection with a few bytes at a time. `paths` overrides `max_bytes` for single paths.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, seconds: float, paths: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._paths = paths or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        max_bytes = self._paths.get(scope["path"], self._max_bytes)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > max_bytes:
            response = problem(413, "request too large", f"expected at most {max_bytes} bytes")
            await response(scope, receive, send)
            return
        response_started = False

        async def send_and_record(message: Message) -> None:
            nonlocal response_started
            response_started = True
            await send(message)

        try:
            await self._app(scope, _BoundedReader(receive, max_bytes, self._seconds).receive, send_and_record)
        except HTTPException as error:
            if response_started:
                raise
            await problem_of(error)(scope, receive, send)


class _BoundedReader:
    """Receives the body of one request. Raises `HTTPException` if it is too large or too slow."""

    def __init__(self, receive: Receive, max_bytes: int, seconds: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._began = monotonic()
        self._bytes = 0
        self._complete = False

    async def receive(self) -> Message:
        """See ASGI."""
        if self._complete:  # the only message to come is the disconnect, which has no time limit
            return await self._receive()
        limit_s = self._seconds + self._bytes / BYTES_PER_S
        try:
            message = await asyncio.wait_for(self._receive(), self._began + limit_s - monotonic())
        except TimeoutError:
            raise HTTPException(408, f"expected the whole request within {limit_s:.3g} s") from None
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._max_bytes:
            raise HTTPException(413, "the request is too large")
        self._complete = not message.get("more_body", False)
        return message
