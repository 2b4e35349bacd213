"""The page /docs: Swagger UI over /openapi.json, with scripts and styles from this server."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import Response

PATH = "/docs"
FILES = "/docs/files"
SCRIPT, STYLE, ICON = "swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"

# Reachable without a key: they describe the API, which is the same on every server, and hold no data.
PUBLIC = (PATH, "/openapi.json", *(f"{FILES}/{name}" for name in (SCRIPT, STYLE, ICON)))


def add_docs_page(app: FastAPI) -> None:
    """Add the page and its files to `app`."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Shortlist API",
        swagger_js_url=f"{FILES}/{SCRIPT}",
        swagger_css_url=f"{FILES}/{STYLE}",
        swagger_favicon_url=f"{FILES}/{ICON}",
        swagger_ui_parameters={"validatorUrl": None},  # the default sends the description to another site
    )
    html = bytes(page.body)
    headers = {"Content-Security-Policy": _content_security_policy(html)}

    async def docs_page(_request: Request) -> Response:
        return Response(html, media_type="text/html", headers=headers)

    app.add_route(PATH, docs_page, include_in_schema=False)
    app.mount(FILES, StaticFiles(directory=Path(str(files("fastapi_offline"))) / "static"))


def _content_security_policy(html: bytes) -> str:
    """Return a policy that allows the files of this server and the page's own inline script. Swagger UI sets styles."""
    scripts = re.findall(rb"<script>(.*?)</script>", html, re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one).digest()).decode()}'" for one in scripts)
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
