"""The outermost middleware: request ids, access log and metrics."""

from __future__ import annotations

import logging
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.serving.http.request_id import HEADER, request_id, request_id_for
from shortlist.serving.service.metrics import Metrics

UNROUTED = "other"  # one label for all paths without a route, so that clients cannot add labels

log = logging.getLogger("serving.access")


class AccessLog:
    """Give each request an id, log its response, and count it in `metrics`."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id.set(request_id_for(Headers(scope=scope).get(HEADER)))
        began, status = perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id.get() or ""
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            self._record(scope, status, perf_counter() - began)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if route != UNROUTED else UNROUTED
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        key = scope.get("state", {}).get("key_id", "-")
        log.info("%s %s %d %.1f ms key=%s", scope["method"], route, status, 1000 * seconds, key)


def _route(scope: Scope) -> str:
    """Return the path of the route that answered, from the root of the server."""
    mounted, path = scope.get("root_path", ""), getattr(scope.get("route"), "path", "")
    return (path if path.startswith(mounted) else mounted + path) or UNROUTED
