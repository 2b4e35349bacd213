"""Bound the size of a request's body and the time that it may take."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.serving.http.problems import problem, problem_of

BYTES_PER_S = 100_000  # a body may take a second more for so many that have come


class BodyLimit:
    """Refuse a body larger than `largest` bytes (413), and one that is not complete in time (408).

    A body may take `seconds` and what `BYTES_PER_S` grants it, counted from its start: bytes that drip do not begin the
    time again. `paths` maps paths to limits of their own.
    """

    def __init__(self, app: ASGIApp, largest: int, seconds: float, paths: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._largest = largest
        self._seconds = seconds
        self._paths = paths or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = self._paths.get(scope["path"], self._largest)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > largest:
            refusal = problem(413, "request too large", f"expected at most {largest} bytes")
            await refusal(scope, receive, send)
            return
        began = False

        async def send_noted(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._app(scope, _Reader(receive, largest, self._seconds).receive, send_noted)
        except HTTPException as error:
            if began:
                raise
            await problem_of(error)(scope, receive, send)


class _Reader:
    """Pass the messages of a request on while they are few and come in time; else raise `HTTPException`."""

    def __init__(self, receive: Receive, largest: int, seconds: float) -> None:
        self._receive = receive
        self._largest = largest
        self._seconds = seconds
        self._began = monotonic()
        self._bytes = 0
        self._whole = False

    async def receive(self) -> Message:
        """See ASGI."""
        if self._whole:  # only the client's leaving is still to come, and that may take its time
            return await self._receive()
        granted_s = self._seconds + self._bytes / BYTES_PER_S
        try:
            message = await asyncio.wait_for(self._receive(), self._began + granted_s - monotonic())
        except TimeoutError:
            raise HTTPException(408, f"expected the whole request within {granted_s:.3g} s") from None
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._largest:
            raise HTTPException(413, "the request is too large")
        self._whole = not message.get("more_body", False)
        return message
