"""The MCP server over streamable HTTP. Its tools require a key that may write, once there are keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from shortlist.serving.api.app import authenticator_of
from shortlist.serving.http.auth_middleware import PermissionMiddleware
from shortlist.serving.http.middleware import with_middleware
from shortlist.serving.mcp.tools import mcp_server
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service

PATH = "/mcp"


class McpEndpoint:
    """The route of the server, and the lifespan of the application that contains it."""

    def __init__(self, context: AppContext, service: Service) -> None:
        self._app = mcp_server(service).streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,  # the tools have no state, and sessions that clients do not close would stay in memory
            max_request_body_size=context.config.serve.body_bytes,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # `Authenticator` does
        )
        self.route = Route(PATH, PermissionMiddleware(self._app, "write"))

    def lifespan(self, _app: Starlette) -> AbstractAsyncContextManager[object]:
        """See `Starlette`."""
        return self._app.router.lifespan_context(self._app)


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
    return with_middleware(app, context.config.serve, service.metrics, authenticator_of(context))
