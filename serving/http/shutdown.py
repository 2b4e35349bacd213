"""Requests that are still running when the time to stop is over."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.serving.http.problems import busy

RETRY_S = 5


class ShutdownMiddleware:
    """Answers 503 to requests that uvicorn cancels `serve.shutdown_s` after SIGTERM.

    A response that has begun, such as a stream, is cut off.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            if not begun:
                await busy("the server is stopping", RETRY_S)(scope, receive, send)
