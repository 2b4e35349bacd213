"""Run an ASGI application until a signal."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from shortlist.core.config_sections.serving import ServeConfig
from shortlist.core.errors import UsageError
from shortlist.serving.http.protocol import BoundedProtocol, Connections

BACKLOG = 2048  # uvicorn's


def open_listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host` and `port`. Raises `UsageError` if the address is not available."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)  # `bind` alone does not find out that another process listens
    except (OSError, OverflowError) as error:
        listener.close()
        found, remedy = str(error), "choose another --host or --port"
        raise UsageError(
            "cannot listen", expected=f"a free address {host}:{port}", found=found, remedy=remedy
        ) from error
    return listener


def run(app: ASGIApp, listener: socket.socket, config: ServeConfig, ready: Callable[[], None]) -> None:
    """Serve `app` until a signal, then finish running requests and refuse new ones. Calls `ready` after the start.

    Raises `SystemExit` after SIGTERM, so that the caller's context managers close.
    """
    signal.signal(signal.SIGTERM, _exit)
    _Server(uvicorn_config(app, config), ready).run(sockets=[listener])


def uvicorn_config(app: ASGIApp | Callable[[], ASGIApp], config: ServeConfig) -> uvicorn.Config:
    """Return the settings that the API, the web page and MCP share."""
    connections = Connections(config.connections, config.connections_per_client)
    return uvicorn.Config(
        app,
        http=partial(BoundedProtocol, config.body_timeout_s, connections),  # type: ignore[arg-type]
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(config.shutdown_s)),
        lifespan="on",
    )


def _exit(_number: int, _frame: object) -> None:
    raise SystemExit(0)


class _Server(uvicorn.Server):
    """Calls `ready` once the server accepts requests."""

    def __init__(self, settings: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(settings)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        await super().startup(sockets)
        if self.started:
            self._ready()
