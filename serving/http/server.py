"""Runs an ASGI application until it is told to stop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from shortlist.core.config import ServeConfig
from shortlist.core.errors import UsageError
from shortlist.serving.http.protocol import BoundedProtocol, Connections

BACKLOG = 2048  # uvicorn's


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port`. Raises `UsageError` where that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)  # two may bind to one address, but only one listens; who asks early waits
    except (OSError, OverflowError) as error:
        listener.close()
        found, remedy = str(error), "choose another --host or --port"
        raise UsageError(
            "cannot listen", expected=f"a free address {host}:{port}", found=found, remedy=remedy
        ) from error
    return listener


def run(app: ASGIApp, listener: socket.socket, config: ServeConfig, ready: Callable[[], None]) -> None:
    """Serve `app` until a signal; running requests may then end, new ones are refused. `ready` is called once.

    Raises `SystemExit` on SIGTERM, which uvicorn hands on at the end: what the caller opened is closed.
    """
    signal.signal(signal.SIGTERM, _end)
    _Server(uvicorn_config(app, config), ready).run(sockets=[listener])


def uvicorn_config(app: ASGIApp | Callable[[], ASGIApp], config: ServeConfig) -> uvicorn.Config:
    """How all of our servers run."""
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


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(0)


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, settings: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(settings)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        await super().startup(sockets)
        if self.started:
            self._ready()
