"""The MCP server over streamable HTTP, behind the same door as the web page."""

from __future__ import annotations

from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp

from shortlist.serving.http.admission import WriteAuthMiddleware
from shortlist.serving.http.auth import Authenticator
from shortlist.serving.http.body_limit import BodyLimit
from shortlist.serving.mcp.tools import mcp_server
from shortlist.serving.service.context import AppContext

PATH = "/mcp"


def mcp_application(context: AppContext) -> ASGIApp:
    """The server at `PATH`. With keys, one that may write is asked for: `record_event` is among the tools."""
    limits = context.config.serve
    # Which hosts may be named is checked by the door.
    inside = mcp_server(context).streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,  # the tools remember nothing, and sessions that nobody ends would stay in memory
        max_request_body_size=limits.body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    bounded = BodyLimit(inside, limits.body_bytes, limits.body_timeout_s)
    access = Authenticator(context.home.catalogue, context.shared.rates(limits.rate_per_s), keyless=context.keyless)
    return WriteAuthMiddleware(bounded, access, "Bearer")
