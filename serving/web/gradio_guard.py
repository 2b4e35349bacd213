"""What may reach Gradio: the routes that the page uses, and no file but one that was uploaded to it.

Gradio copies every file that a request names into its cache and offers it for download. Its own check of the path is
off in a mounted application, and covers only what looks like a file object.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shortlist.serving.http.body_buffer import replayed
from shortlist.serving.http.problems import problem

UPLOAD = "/gradio_api/upload"  # of tables; Gradio writes them to files as they come, and bounds each
JOIN = "/gradio_api/queue/join"  # every click on the page
CLICK_BYTES = 200_000  # of one click: parsing more would keep the interpreter from everybody else
ROUTES = frozenset(
    {
        "/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", UPLOAD, JOIN, "/gradio_api/queue/data",
        "/gradio_api/upload_progress", "/gradio_api/startup-events", "/gradio_api/info", "/gradio_api/app_id",
        "/gradio_api/theme.css", "/gradio_api/cancel", "/gradio_api/reset",
    }
)  # fmt: skip
FOLDERS = ("/assets/", "/static/", "/svelte/", "/gradio_api/heartbeat/")


class GradioGuard:
    """Middleware that answers 404 for a route that the page does not use, and 403 for a file outside `uploads`."""

    def __init__(self, app: ASGIApp, uploads: Path) -> None:
        self._app = app
        self._uploads = uploads.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http":
            if not used_by_page(scope["path"]):
                await problem(404, "the page has no such address")(scope, receive, send)
                return
            if scope["path"] == JOIN:
                await self._join(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _join(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await run_sync(checked, await Request(scope, receive).body(), self._uploads)
        if body is None:
            refusal = problem(403, "the page takes uploaded files only", "use `shortlist ingest` for other files")
            await refusal(scope, receive, send)
            return
        await self._app(scope, replayed(body, receive), send)


def used_by_page(path: str) -> bool:
    """Whether the page uses the route `path`. None of these serves a file of the home or of the uploads."""
    return path in ROUTES or path.startswith(FOLDERS)


def checked(body: bytes, folder: Path) -> bytes | None:
    """The JSON document `body`, written again so that Gradio reads what was checked.

    None if it is no JSON, or if any `path` in it, however deep, is not below `folder`, which must be resolved.
    """
    try:
        document = json.loads(body)
        left: list[Any] = [document]
        while left:
            value = left.pop()
            if isinstance(value, dict):
                if "path" in value and not Path(value["path"]).resolve().is_relative_to(folder):
                    return None
                left += value.values()
            elif isinstance(value, list):
                left += value
        return json.dumps(document).encode()
    except (ValueError, TypeError, OSError, RuntimeError):  # no JSON, too deep, or a path that cannot be one
        return None
