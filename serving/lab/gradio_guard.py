"""Middleware that lets only the routes of the page, and only uploaded files, reach Gradio.

Gradio copies every file that a request names into its cache and offers it for download. Its own check of paths is off
in a mounted application, and covers only values that look like a file object.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shortlist.serving.http.body_buffer import replay
from shortlist.serving.http.problems import problem

PATH = "/lab"
UPLOAD = f"{PATH}/gradio_api/upload"  # of tables; Gradio streams them to files and limits the size of each
JOIN = f"{PATH}/gradio_api/queue/join"  # every click on the page
CLICK_BYTES = 200_000  # of one click: parsing a larger body would block other requests
ROUTES = frozenset(
    {
        "", "/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/gradio_api/upload", "/gradio_api/queue/join",
        "/gradio_api/queue/data", "/gradio_api/upload_progress", "/gradio_api/startup-events", "/gradio_api/info",
        "/gradio_api/app_id", "/gradio_api/theme.css", "/gradio_api/cancel", "/gradio_api/reset",
    }
)  # fmt: skip
FOLDERS = ("/assets/", "/static/", "/svelte/", "/gradio_api/heartbeat/")


class GradioGuard:
    """Answer 404 for a route that the page does not use, and 403 for a file outside of `uploads`."""

    def __init__(self, app: ASGIApp, uploads: Path) -> None:
        self._app = app
        self._uploads = uploads.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http":
            if not is_page_route(scope["path"]):
                await problem(404, "the page has no such route")(scope, receive, send)
                return
            if scope["path"] == JOIN:
                await self._join(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _join(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await run_sync(checked_body, await Request(scope, receive).body(), self._uploads)
        if body is None:
            response = problem(403, "the page accepts uploaded files only", "use `shortlist ingest` for other files")
            await response(scope, receive, send)
            return
        await self._app(scope, replay(body, receive), send)


def is_page_route(path: str) -> bool:
    """Return whether the page uses the route at `path`. None of these serves files of the home or uploads."""
    path = path.removeprefix(PATH)
    return path in ROUTES or path.startswith(FOLDERS)


def checked_body(body: bytes, folder: Path) -> bytes | None:
    """Return the JSON document `body`, serialised again so that Gradio parses exactly the checked document.

    None if it is not JSON, or if any `path` in it, at any depth, is outside of `folder`, which must be resolved.
    """
    try:
        document = json.loads(body)
        pending: list[Any] = [document]
        while pending:
            value = pending.pop()
            if isinstance(value, dict):
                if "path" in value and not Path(value["path"]).resolve().is_relative_to(folder):
                    return None
                pending += value.values()
            elif isinstance(value, list):
                pending += value
        return json.dumps(document).encode()
    except (ValueError, TypeError, OSError, RuntimeError):  # not JSON, too deep, or an invalid path
        return None
