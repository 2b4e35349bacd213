"""The whole server as one application: the page, the API, the laboratory and, if wanted, MCP."""

from __future__ import annotations

from typing import cast

from fastapi import FastAPI
from starlette.types import ASGIApp, Lifespan

from shortlist.serving.api import app as api
from shortlist.serving.api import docs_page
from shortlist.serving.http.middleware import with_middleware
from shortlist.serving.lab import app as lab
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service
from shortlist.serving.web import media, page_routes, session


def create_site(context: AppContext, *, mcp: bool = False) -> ASGIApp:
    """Return the application over `context`, with the recommender loaded. Raises like `Engine.recommender`."""
    limits, service = context.engine.config.serve, Service(context)
    laboratory = lab.Lab(context, service)
    routes, lifespans = [*laboratory.routes], [cast("Lifespan[FastAPI]", laboratory.lifespan)]
    if mcp:
        from shortlist.serving.mcp.http import McpEndpoint

        endpoint = McpEndpoint(context, service)
        routes.append(endpoint.route)
        lifespans.append(cast("Lifespan[FastAPI]", endpoint.lifespan))
    app = api.api_application(context, service, lifespans)
    app.state.config = context.engine.config
    for module in (page_routes, media, session):
        app.include_router(module.router)
    app.router.routes.extend(routes)
    app.mount(page_routes.FILES, page_routes.static_files())
    return with_middleware(
        app,
        limits,
        service.metrics,
        app.state.authenticator,
        max_bytes={**api.max_bytes(limits), **lab.max_bytes(limits)},
        public=[*page_routes.public_paths(), session.PATH, *docs_page.PUBLIC],
        streamed=[*api.STREAMED, *lab.STREAMED],
    )
