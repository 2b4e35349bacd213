"""Read the whole body of a request before the application is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.serving.http.problems import busy


class BodyBuffer:
    """Call the application when the body of a request is complete, so that a slow upload takes no slot of it.

    At most `at_once` bodies are read at once, and at most half of them for one key or, without keys, one address.
    Bodies to `streamed` paths are left to the application.
    """

    def __init__(self, app: ASGIApp, at_once: int, streamed: Collection[str] = ()) -> None:
        self._app = app
        self._at_once = at_once
        self._streamed = streamed
        self._callers: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        empty = "transfer-encoding" not in headers and headers.get("content-length", "0") == "0"
        if empty or scope["path"] in self._streamed:
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
            self._callers += Counter()  # drop callers with no body left
        await self._app(scope, replay(body, receive), send)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` whose first message has the whole `body`; later messages come from `receive`."""
    messages: list[Message] = [{"type": "http.request", "body": body}]

    async def receive_next() -> Message:
        return messages.pop() if messages else await receive()

    return receive_next
