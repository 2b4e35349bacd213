"""The page as an ASGI application. Without keys it answers this machine by its own name; with keys, who has one."""

from __future__ import annotations

import gradio as gr
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from serving.parts import Parts
from serving.web.page import looks, page

LOCAL = ["127.0.0.1", "localhost", "::1"]


def web_application(parts: Parts) -> ASGIApp:
    """The page over `parts`, at /. Raises as `Parts.recommender`."""
    catalogue = parts.home.catalogue

    def admits(_name: str, secret: str) -> bool:
        key = catalogue.key_of(secret)
        return key is not None and key.scope == "write"

    locked = catalogue.has_keys()
    app = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        page(parts),
        path="",
        auth=admits if locked else None,
        auth_message="Any name, and a key that may write as the password.",
        footer_links=[],
        show_error=False,
        max_file_size=parts.config.serve.upload_bytes,
        ssr_mode=False,
        run_history=False,
        **looks(),
    )
    return app if locked else TrustedHostMiddleware(app, LOCAL)
