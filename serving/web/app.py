"""The page as an ASGI application.

Without keys it accepts requests of this machine only. With keys it requires one.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from gradio.utils import get_upload_folder
from starlette.types import ASGIApp

from shortlist.serving.http.auth import Authenticator
from shortlist.serving.http.auth_middleware import WriteAuthMiddleware
from shortlist.serving.http.body_limit import BodyLimit
from shortlist.serving.service.context import AppContext
from shortlist.serving.web.gradio_guard import CLICK_BYTES, JOIN, UPLOAD, GradioGuard
from shortlist.serving.web.page import page, theme_and_css

# The page shows text of strangers. If a browser ran it as code, this policy would keep it from other sites.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)


def web_application(context: AppContext) -> ASGIApp:
    """Return the page over `context`, with HTTP Basic authentication.

    The user name is ignored, and the password is a key that may write. Raises like `AppContext.recommender`.
    """
    blocks = page(context)
    app = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        blocks,
        path="",
        footer_links=[],
        show_error=False,
        max_file_size=context.config.serve.upload_bytes,
        ssr_mode=False,
        run_history=False,
        **theme_and_css(),
    )
    blocks.has_launched = True  # without it Gradio checks no paths; `launch` sets it, mounting does not
    limits = context.config.serve
    guarded = GradioGuard(app, Path(get_upload_folder()))
    bounded = BodyLimit(
        guarded,
        limits.body_bytes,
        limits.body_timeout_s,
        {UPLOAD: limits.upload_bytes + limits.body_bytes, JOIN: min(CLICK_BYTES, limits.body_bytes)},
    )
    # No rate limit: loading the page takes a hundred requests, and the queue of the page limits the expensive ones.
    authenticator = Authenticator(context.home.catalogue, None, keyless=context.keyless)
    return WriteAuthMiddleware(bounded, authenticator, "Basic", {"Content-Security-Policy": CONTENT_SECURITY_POLICY})
