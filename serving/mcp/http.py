"""The MCP server over streamable HTTP, behind the same door as the HTTP API."""

from __future__ import annotations

from fastapi import HTTPException
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.api.access import Access
from serving.api.problems import problem
from serving.mcp.tools import mcp_server
from serving.parts import Parts

PATH = "/mcp"
BEARER = "bearer "


def mcp_application(parts: Parts) -> ASGIApp:
    """The server at `PATH`. With keys, one that may write is asked for: `record_event` is among the tools."""
    limits = parts.config.serve
    # Which hosts may be named is checked by the door.
    inside = mcp_server(parts).streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=limits.body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return _Door(inside, Access(parts.home.catalogue, parts.shared.rates(limits.rate_per_s)))


class _Door:
    """Admits requests to an ASGI application."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http":
            request = Request(scope)
            given = request.headers.get("authorization", "")
            secret = given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else None
            try:
                self._access.admit(request, secret, "write")
            except HTTPException as error:
                await problem(error.status_code, error.detail, headers=error.headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)
