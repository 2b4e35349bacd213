"""The outermost layer of a server: request ids, log lines, metrics."""

from __future__ import annotations

import logging
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.serving.http.request_id import HEADER, chosen, request_id
from shortlist.serving.service.metrics import Metrics

ELSEWHERE = "other"  # one label for all addresses that are no route, however many are tried

log = logging.getLogger("serving.access")


class AccessLog:
    """Wraps an ASGI application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id.set(chosen(Headers(scope=scope).get(HEADER)))
        began, status = perf_counter(), 500

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id.get() or ""
                headers["x-content-type-options"] = "nosniff"
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        finally:
            self._note(scope, status, perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", ELSEWHERE)
        method = scope["method"] if route != ELSEWHERE else ELSEWHERE
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        key = scope.get("state", {}).get("key_id", "-")
        log.info("%s %s %d %.1f ms key=%s", scope["method"], route, status, 1000 * seconds, key)
