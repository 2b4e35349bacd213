"""A web server for tests of downloads: files, pages and misbehaviour, each under its own path."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass(slots=True)
class MediaServer:
    """Serves `replies` by path, and counts the GET requests of each."""

    url: str
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)


def content(data: bytes, kind: str = "video/mp4", headers: Mapping[str, str] | None = None) -> Reply:
    """The whole of `data`, or the range that is asked for."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        start = int((handler.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data) - start), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(data[start:])

    return reply


def cut_off(data: bytes, after: int) -> Reply:
    """Promises all of `data`, sends its beginning and hangs up; from where it stopped on it serves the rest."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("Range"):
            content(data)(handler)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "video/mp4")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(data[:after])
            handler.close_connection = True

    return reply


def status(code: int) -> Reply:
    """An error page."""
    return lambda handler: handler.send_error(code)


def redirect(target: str) -> Reply:
    """Elsewhere."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.end_headers()

    return reply


def first(*replies: Reply) -> Reply:
    """The first reply to the first request and so on, the last one for ever after."""
    left = list(replies)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def silence(release: threading.Event) -> Reply:
    """Says nothing until it is released."""
    return lambda _handler: (release.wait(120), None)[1]


@contextmanager
def media_server() -> Iterator[MediaServer]:
    """A server on this machine until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if self.command == "GET":
                state.asked[path] += 1
            try:
                state.replies.get(path, status(404))(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state = MediaServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
