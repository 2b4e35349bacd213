"""Limit the number of requests that are handled at once."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from shortlist.serving.http.problems import busy
from shortlist.serving.service.metrics import Metrics

EXEMPT = ("/healthz", "/readyz", "/metrics")


class ConcurrencyLimit:
    """Answer 503 to requests beyond `at_once` running ones, except those to `EXEMPT` paths."""

    def __init__(self, app: ASGIApp, metrics: Metrics, at_once: int) -> None:
        self._app = app
        self._metrics = metrics
        self._at_once = at_once
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._count(1)
        try:
            if self._running > self._at_once and scope["path"] not in EXEMPT:
                await busy("too many requests at once", 1)(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        self._running += more
        self._metrics.in_progress.set(self._running)
