"""Read the body of a request before the application begins to work on it."""

from __future__ import annotations

from collections import Counter

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.serving.http.problems import busy


class BodyBuffer:
    """Pass requests on when their body is complete, so that one that drips in keeps no place of the application.

    At most `at_once` bodies are read at once, half of them of one key or, without keys, of one address.
    """

    def __init__(self, app: ASGIApp, at_once: int) -> None:
        self._app = app
        self._at_once = at_once
        self._callers: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if "transfer-encoding" not in headers and headers.get("content-length", "0") == "0":
            await self._app(scope, receive, send)
            return
        client = scope.get("client") or ("", 0)
        caller = scope.get("state", {}).get("key_id") or client[0]
        if self._callers.total() >= self._at_once or self._callers[caller] >= max(1, self._at_once // 2):
            await busy("too many requests are being received", 1)(scope, receive, send)
            return
        self._callers[caller] += 1
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        finally:
            self._callers[caller] -= 1
            self._callers += Counter()  # forget callers without a body
        await self._app(scope, replayed(body, receive), send)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` whole, then what follows it."""
    left: list[Message] = [{"type": "http.request", "body": body}]

    async def give() -> Message:
        return left.pop() if left else await receive()

    return give
