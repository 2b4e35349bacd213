"""Requests may be neither large nor endless."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.serving.http.problems import problem


class BodyLimit:
    """Refuses a request larger than `largest` bytes (413), and one of which nothing comes for `seconds` (408).

    `larger` are the paths that take more.
    """

    def __init__(self, app: ASGIApp, largest: int, seconds: float, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._largest = largest
        self._seconds = seconds
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = self._larger.get(scope["path"], self._largest)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > largest:
            refusal = problem(413, "request too large", f"expected at most {largest} bytes")
            await refusal(scope, receive, send)
            return
        await self._app(scope, _Reader(receive, largest, self._seconds).receive, send)


class _Reader:
    """Passes the messages of a request on while they are few and come in time; else raises `HTTPException`."""

    def __init__(self, receive: Receive, largest: int, seconds: float) -> None:
        self._receive = receive
        self._left = largest
        self._seconds = seconds
        self._whole = False

    async def receive(self) -> Message:
        """See ASGI."""
        if self._whole:  # only the client's leaving is still to come, and that may take its time
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._seconds)
        except TimeoutError:
            raise HTTPException(408, f"expected the whole request within {self._seconds:g} s") from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413, "the request is too large")
        self._whole = not message.get("more_body", False)
        return message
