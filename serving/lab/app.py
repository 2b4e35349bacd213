"""The laboratory as a part of the server's application. Gradio is imported when somebody opens it."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shortlist.core.config_sections.serving import ServeConfig
from shortlist.serving.http.auth_middleware import PermissionMiddleware
from shortlist.serving.http.lazy_app import LazyApp
from shortlist.serving.lab.gradio_guard import CLICK_BYTES, JOIN, PATH, UPLOAD, GradioGuard
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service

# The page shows text of strangers. If a browser ran it as code, this policy would keep it from other sites.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
STREAMED = (UPLOAD,)  # Gradio writes uploads to files


class Lab:
    """The routes of the laboratory, which require a key that may write, and the lifespan of its application."""

    def __init__(self, context: AppContext, service: Service) -> None:
        self._context = context
        self._service = service
        self._app = LazyApp(self._build)
        self.lifespan = self._app.lifespan
        endpoint = _WithPolicy(PermissionMiddleware(self._app, "write"))
        self.routes = [Route(path, endpoint) for path in (PATH, f"{PATH}/{{path:path}}")]

    def _build(self) -> tuple[ASGIApp, Starlette]:
        import gradio as gr
        from fastapi import FastAPI
        from gradio.utils import get_upload_folder

        from shortlist.serving.lab.page import page, theme_and_css

        blocks = page(self._context, self._service)
        app = gr.mount_gradio_app(
            FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
            blocks,
            path=PATH,
            footer_links=[],
            show_error=False,
            max_file_size=self._context.engine.config.serve.upload_bytes,
            ssr_mode=False,
            run_history=False,
            **theme_and_css(),
        )
        blocks.has_launched = True  # without it Gradio checks no paths; `launch` sets it, mounting does not
        return GradioGuard(app, Path(get_upload_folder())), app


def max_bytes(limits: ServeConfig) -> dict[str, int]:
    """Return the largest bodies by path."""
    return {UPLOAD: limits.upload_bytes + limits.body_bytes, JOIN: min(CLICK_BYTES, limits.body_bytes)}


class _WithPolicy:
    """Adds the content security policy that Gradio needs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
            await send(message)

        await self._app(scope, receive, send_with_policy)
