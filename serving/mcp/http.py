"""The MCP server over streamable HTTP. Its tools require a key that may write, once there are keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from shortlist.serving.api.app import authenticator_of
from shortlist.serving.http.auth_middleware import PermissionMiddleware
from shortlist.serving.http.lazy_app import LazyApp
from shortlist.serving.http.middleware import with_middleware
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service

PATH = "/mcp"


class McpEndpoint:
    """The route of the server, and the lifespan of the application that contains it.

    The MCP library is imported at the first request: it takes a quarter of the start of the page.
    """

    def __init__(self, context: AppContext, service: Service) -> None:
        app = LazyApp(partial(_build, context, service))
        self.route = Route(PATH, PermissionMiddleware(app, "write"))
        self.lifespan = app.lifespan


def _build(context: AppContext, service: Service) -> tuple[ASGIApp, Starlette]:
    from mcp.server.transport_security import TransportSecuritySettings

    from shortlist.serving.mcp.tools import mcp_server

    app = mcp_server(service).streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,  # the tools have no state, and sessions that clients do not close would stay in memory
        max_request_body_size=context.engine.config.serve.body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # `Authenticator` does
    )
    return app, app


def mcp_application(context: AppContext) -> ASGIApp:
    """Return the server at `PATH`, by itself."""
    service = Service(context)
    endpoint = McpEndpoint(context, service)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with endpoint.lifespan(app):
            yield
        service.close()

    app = Starlette(routes=[endpoint.route], lifespan=lifespan)
    return with_middleware(app, context.engine.config.serve, service.metrics, authenticator_of(context))
