"""Answer the requests that a shutdown cancels."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.serving.http.problems import busy

RETRY_S = 5


class ShutdownMiddleware:
    """Answer 503 to requests that uvicorn cancels `serve.shutdown_s` seconds after SIGTERM.

    A response that has started, such as a stream, is cut off.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        response_started = False

        async def send_and_record(message: Message) -> None:
            nonlocal response_started
            response_started = response_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_record)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            if not response_started:
                await busy("the server is stopping", RETRY_S)(scope, receive, send)
