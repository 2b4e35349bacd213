"""No more requests at once than a server can bear."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from shortlist.serving.http.problems import busy
from shortlist.serving.service.metrics import Metrics

EXEMPT = ("/healthz", "/readyz", "/metrics")


class ConcurrencyLimit:
    """Passes `at_once` requests on; more are told to come again, but for those that ask how the server is."""

    def __init__(self, app: ASGIApp, metrics: Metrics, at_once: int) -> None:
        self._app = app
        self._metrics = metrics
        self._at_once = at_once
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._count(1)
        try:
            if self._inside > self._at_once and scope["path"] not in EXEMPT:
                await busy("too many requests at once", 1)(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        self._inside += more
        self._metrics.inside.set(self._inside)
