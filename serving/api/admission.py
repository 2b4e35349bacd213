"""Who has no key is sent away by the head of a request alone: before its body is read, and before it counts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shortlist.serving.api.access import Access, credentials
from shortlist.serving.api.problems import problem_of

OPEN = ("/healthz", "/readyz")


class Admission:
    """Passes on what `access` lets read, and what asks how the server is."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["path"] not in OPEN:
            request = Request(scope)
            try:
                request.state.key = await self._access.admit(request, credentials(request, "Bearer"), "read")
            except Exception as error:  # noqa: BLE001  (outside of the application, nobody else makes a problem of it)
                await problem_of(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
