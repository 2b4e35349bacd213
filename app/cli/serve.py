"""`shortlist serve`: start the web page, the HTTP API and the MCP server, together or one of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command, open_or_create
from shortlist.app.cli.terminal.output import print_remark, say
from shortlist.app.server_context import build_context, worker
from shortlist.core.config import Config
from shortlist.core.plugins import PLUGINS
from shortlist.serving.http.request_id import log_request_ids
from shortlist.serving.http.server import open_listener, run
from shortlist.serving.limits.interprocess import COUNTERS, SharedLimits
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service

LOOPBACK = "127.0.0.1"
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.", metavar="ADDRESS")]
Port = Annotated[int | None, typer.Option("--port", help="Port; 0 chooses a free one.", min=0, max=65535)]


@command(json=False)
def everything(call: Call, host: Host = None, port: Port = None) -> None:
    """Start the web page, the HTTP API and the MCP server as one server, or one of them by its name.

    Example: shortlist serve
    """
    _serve_page(_settings(call, _given(host=host, port=port)), mcp=True)


@command(json=False)
def api(
    call: Call,
    host: Host = None,
    port: Port = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Number of processes.", min=1, max=64)] = None,
) -> None:
    """Start the HTTP API (docs/serving.md). Without keys it accepts requests from this machine only.

    Example: shortlist serve api --port 8000
    """
    chosen = _settings(call, _given(host=host, port=port, workers=workers))
    with _app_context(chosen) as app_context:
        from shortlist.serving.api.app import create_app

        listener = open_listener(_address(app_context), chosen.serve.port)
        if chosen.serve.workers == 1:
            log_request_ids()
            app = create_app(app_context)
            run(app, listener, chosen.serve, lambda: _say("the API", *listener.getsockname()[:2]))
        keyless = app_context.keyless
    if chosen.serve.workers > 1:
        _run_workers(chosen, listener, keyless)


@command(json=False)
def web(call: Call, host: Host = None, port: Port = None) -> None:
    """Start the web page: a shelf of videos that play, and the HTTP API that it uses.

    Example: shortlist serve web
    """
    chosen = _settings(call, _given(host=host, web_port=port))
    _serve_page(chosen.model_copy(update={"serve": chosen.serve.model_copy(update={"port": chosen.serve.web_port})}))


@command(json=False)
def mcp(
    call: Call,
    http: Annotated[bool, typer.Option("--http", help="Use streamable HTTP, at /mcp, instead of stdio.")] = False,
    host: Host = None,
    port: Port = None,
) -> None:
    """Start an MCP server whose tools recommend, search, explain, list readers and record events.

    Example: shortlist serve mcp
    """
    chosen = _settings(call, _given(host=host, mcp_port=port))
    with _app_context(chosen) as app_context:
        if not http:
            from shortlist.serving.mcp.tools import mcp_server

            mcp_server(Service(app_context)).run("stdio")
            return
        from shortlist.serving.mcp.http import mcp_application

        listener = open_listener(_address(app_context), chosen.serve.mcp_port)
        app = mcp_application(app_context)
        run(app, listener, chosen.serve, lambda: _say("the MCP server", *listener.getsockname()[:2]))


def _serve_page(chosen: Config, *, mcp: bool = False) -> None:
    with TemporaryDirectory(prefix="shortlist-web-") as uploads, _app_context(chosen) as app_context:
        os.environ["GRADIO_TEMP_DIR"] = uploads  # the default is shared by all users of this machine
        from shortlist.serving.site import create_site

        listener = open_listener(_address(app_context), chosen.serve.port)
        log_request_ids()
        app = create_site(app_context, mcp=mcp)
        run(app, listener, chosen.serve, lambda: _say("the page", *listener.getsockname()[:2]))


def _run_workers(config: Config, listener: socket.socket, keyless: bool) -> None:
    """Run workers that each open the home. Their shared state is deleted at the end."""
    with TemporaryDirectory(prefix="shortlist-serve-") as folder:
        counters = Path(folder) / COUNTERS
        counters.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counters)  # prometheus_client reads it at import
        from shortlist.serving.http.workers import run_workers

        _say(f"the API, with {config.serve.workers} processes,", *listener.getsockname()[:2])
        run_workers(partial(worker, config, Path(folder), keyless), listener, config.serve, SharedLimits(Path(folder)))


@contextmanager
def _app_context(config: Config) -> Iterator[AppContext]:
    """Open or create the home and build the context of a server."""
    with open_or_create(config) as store:
        yield build_context(store, config)


def _settings(call: Call, given: dict[str, Any]) -> Config:
    """Read the configuration of a server, and load the plugins that it names."""
    PLUGINS.named_only = True
    config = call.settings(serve=given)
    PLUGINS.load()
    return config


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _address(app_context: AppContext) -> str:
    """Return the address to listen on: the loopback address if there never was a key."""
    host = app_context.engine.config.serve.host
    if not app_context.keyless:
        return host
    where = " on the machine that publishes" if app_context.engine.home.read_only else ""
    print_remark(f"there are no keys, so only this machine can connect; create one with `shortlist keys create`{where}")
    return LOOPBACK


def _say(what: str, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    say(f"{what} answers at http://{shown}:{port}", err=True)
