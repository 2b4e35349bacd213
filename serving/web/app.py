"""The page as an ASGI application. Without keys it answers this machine by its own name; with keys, who has one."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from gradio.utils import get_upload_folder
from starlette.types import ASGIApp

from shortlist.serving.http.admission import WriteAuthMiddleware
from shortlist.serving.http.auth import Authenticator
from shortlist.serving.http.body_limit import BodyLimit
from shortlist.serving.service.context import AppContext
from shortlist.serving.web.gradio_guard import CLICK_BYTES, JOIN, UPLOAD, GradioGuard
from shortlist.serving.web.page import looks, page

# What strangers wrote is shown here: if a browser took it for more than text, it could load nothing from elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)


def web_application(context: AppContext) -> ASGIApp:
    """The page over `context`, at /, behind HTTP Basic: any name, and a key that may write as the password.

    Raises as `AppContext.recommender`.
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
        **looks(),
    )
    blocks.has_launched = True  # or Gradio does not check paths: only `launch` sets it, not mounting
    limits = context.config.serve
    guarded = GradioGuard(app, Path(get_upload_folder()))
    bounded = BodyLimit(
        guarded,
        limits.body_bytes,
        limits.body_timeout_s,
        {UPLOAD: limits.upload_bytes + limits.body_bytes, JOIN: min(CLICK_BYTES, limits.body_bytes)},
    )
    # No rate: one look at the page is a hundred requests, and those that cost are bounded by the page's queue.
    access = Authenticator(context.home.catalogue, None, keyless=context.keyless)
    return WriteAuthMiddleware(bounded, access, "Basic", {"Content-Security-Policy": POLICY})
