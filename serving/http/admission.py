"""Who has no key is sent away by the head of a request alone: before its body is read, and before it counts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.core.errors import ShortlistError
from shortlist.serving.http.auth import CHALLENGE, LOCAL_HOSTS, Authenticator, credentials, host_of
from shortlist.serving.http.problems import problem, problem_of

OPEN = ("/healthz", "/readyz")


class ReadAuthMiddleware:
    """Pass on requests with a valid key, and those for the health of the server; routes check the scope of the key."""

    def __init__(self, app: ASGIApp, access: Authenticator) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["path"] not in OPEN:
            request = Request(scope)
            try:
                request.state.key = await self._access.admit(request, credentials(request, "Bearer"), None)
            except Exception as error:  # noqa: BLE001  (outside of the application, nobody else makes a problem of it)
                await problem_of(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class WriteAuthMiddleware:
    """Admits requests to `app` whose credentials, by the HTTP scheme "Bearer" or "Basic", hold a key that may write.

    What another site's page sends is refused: browsers add Basic credentials to it, too. Answers carry `headers`.
    """

    def __init__(
        self, app: ASGIApp, access: Authenticator, scheme: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._app = app
        self._access = access
        self._scheme = scheme
        self._headers = headers or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "websocket":  # nothing behind a door speaks it
            await send({"type": "websocket.close"})
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        if scope["type"] == "http":
            request = Request(scope)
            try:
                _check_origin(request)
                await self._access.admit(request, self._secret(request), "write")
            except HTTPException as error:
                await self._refusal(error)(scope, receive, send_marked)
                return
            except ShortlistError as error:
                await problem_of(error)(scope, receive, send_marked)
                return
        await self._app(scope, receive, send_marked)

    def _refusal(self, error: HTTPException) -> Response:
        status, headers = error.status_code, error.headers
        if self._scheme == "Basic" and CHALLENGE in (headers or {}):  # a browser asks for another key on 401 only
            status, headers = 401, {CHALLENGE: 'Basic realm="Shortlist"'}
        return problem(status, error.detail, headers=headers)

    def _secret(self, request: Request) -> str | None:
        given = credentials(request, self._scheme)
        return _password(given) if given and self._scheme == "Basic" else given


def _password(given: str) -> str | None:
    """The password of Basic credentials; the name before it may be any."""
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


def _check_origin(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is None:
        return
    theirs, ours = host_of(origin), host_of(str(request.url))
    if theirs is None or (theirs != ours and not {theirs, ours} <= LOCAL_HOSTS):
        raise HTTPException(403, "a page of another site may not ask here")
