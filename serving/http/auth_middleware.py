"""Reject requests without a valid key before their body is read."""

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

PUBLIC_PATHS = ("/healthz", "/readyz")


class ReadAuthMiddleware:
    """Admit requests with a valid key, and those to `PUBLIC_PATHS`. Routes check the scope of the key."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["path"] not in PUBLIC_PATHS:
            request = Request(scope)
            try:
                request.state.key = await self._authenticator.authenticate(
                    request, credentials(request, "Bearer"), None
                )
            except Exception as error:  # noqa: BLE001  (this is outside of the application and its error handlers)
                await problem_of(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class WriteAuthMiddleware:
    """Admit requests with a key that may write, sent by the HTTP `scheme` "Bearer" or "Basic".

    Requests from the pages of other sites are rejected, because browsers add Basic credentials to them, too. `headers`
    are added to all responses.
    """

    def __init__(
        self, app: ASGIApp, authenticator: Authenticator, scheme: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._scheme = scheme
        self._headers = headers or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "websocket":  # no application uses it
            await send({"type": "websocket.close"})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        if scope["type"] == "http":
            request = Request(scope)
            try:
                _check_origin(request)
                await self._authenticator.authenticate(request, self._secret(request), "write")
            except HTTPException as error:
                await self._error_response(error)(scope, receive, send_with_headers)
                return
            except ShortlistError as error:
                await problem_of(error)(scope, receive, send_with_headers)
                return
        await self._app(scope, receive, send_with_headers)

    def _error_response(self, error: HTTPException) -> Response:
        status, headers = error.status_code, error.headers
        if self._scheme == "Basic" and CHALLENGE in (headers or {}):  # a browser asks for another key on 401 only
            status, headers = 401, {CHALLENGE: 'Basic realm="Shortlist"'}
        return problem(status, error.detail, headers=headers)

    def _secret(self, request: Request) -> str | None:
        value = credentials(request, self._scheme)
        return _password(value) if value and self._scheme == "Basic" else value


def _password(value: str) -> str | None:
    """Return the password of Basic credentials, which may have any user name; None if they are malformed."""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


def _check_origin(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is None:
        return
    theirs, ours = host_of(origin), host_of(str(request.url))
    if theirs is None or (theirs != ours and not {theirs, ours} <= LOCAL_HOSTS):
        raise HTTPException(403, "requests from pages of other sites are not allowed")
