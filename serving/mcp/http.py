"""The MCP server over streamable HTTP, with the same authentication as the web page."""

from __future__ import annotations

from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp

from shortlist.serving.http.auth import Authenticator
from shortlist.serving.http.auth_middleware import WriteAuthMiddleware
from shortlist.serving.http.body_limit import BodyLimit
from shortlist.serving.mcp.tools import mcp_server
from shortlist.serving.service.context import AppContext

PATH = "/mcp"


def mcp_application(context: AppContext) -> ASGIApp:
    """Return the server at `PATH`. Once there are keys, all its tools require one that may write."""
    limits = context.config.serve
    mcp = mcp_server(context).streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,  # the tools have no state, and sessions that clients do not close would stay in memory
        max_request_body_size=limits.body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # `Authenticator` does it
    )
    bounded = BodyLimit(mcp, limits.body_bytes, limits.body_timeout_s)
    authenticator = Authenticator(
        context.home.catalogue, context.shared.rate_limiter(limits.rate_per_s), keyless=context.keyless
    )
    return WriteAuthMiddleware(bounded, authenticator, "Bearer")
