"""Reject requests without a valid key before their body is read."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shortlist.serving.http.auth import Authenticator, bearer_secret, check_origin, check_permission
from shortlist.serving.http.problems import problem_of
from shortlist.store.catalogue.keys import Permission

PUBLIC_PATHS = frozenset({"/healthz", "/readyz"})
COOKIE = "shortlist_key"  # holds the key of a browser: a revoked key ends its sessions, too


class AuthMiddleware:
    """Admit requests with a valid key, as a bearer token or in `COOKIE`, and those to `public` paths.

    Routes check the scope of the key. A browser sends its cookie by itself, and reaches a server without keys, so such
    requests must not come from pages of other sites.
    """

    def __init__(self, app: ASGIApp, authenticator: Authenticator, public: Collection[str] = PUBLIC_PATHS) -> None:
        self._app = app
        self._authenticator = authenticator
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "websocket":  # no application uses it
            await send({"type": "websocket.close"})
            return
        if scope["type"] == "http" and scope["path"] not in self._public:
            try:
                await self._authenticate(Request(scope))
            except Exception as error:  # noqa: BLE001  (this is outside of the application and its error handlers)
                await problem_of(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _authenticate(self, request: Request) -> None:
        secret = bearer_secret(request)
        cookie = request.cookies.get(COOKIE) if secret is None else None
        if secret is None:
            check_origin(request, exact=cookie is not None)
        request.state.key = await self._authenticator.authenticate(request, secret or cookie)


class PermissionMiddleware:
    """Admit requests whose key has the `needed` permission, and none from pages of other sites."""

    def __init__(self, app: ASGIApp, needed: Permission) -> None:
        self._app = app
        self._needed = needed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http":
            request = Request(scope)
            try:
                check_origin(request)
                check_permission(request.state.key, self._needed)
            except HTTPException as error:
                await problem_of(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
