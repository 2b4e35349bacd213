"""`shortlist serve`: the HTTP API, the web page, the MCP server."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shortlist.app.cli.terminal.options import ConfigFile, HomeDir, open_or_create, settings
from shortlist.app.cli.terminal.output import say
from shortlist.core.config import Config
from shortlist.core.errors import UsageError

if TYPE_CHECKING:
    from shortlist.serving.service.context import AppContext

app = typer.Typer(no_args_is_help=True, help="Serve over HTTP, as a web page, or to other programs' models (MCP).")

HERE = "127.0.0.1"
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.", metavar="ADDRESS")]
Port = Annotated[int | None, typer.Option("--port", help="Port; 0 takes a free one.", min=0, max=65535)]


@app.command()
def api(
    context: typer.Context,
    host: Host = None,
    port: Port = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes that answer.", min=1, max=64)] = None,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """The HTTP API; docs/serving.md shows every address. Without keys it answers this machine only.

    Example: shortlist serve api --port 8000
    """
    chosen = settings(context, home, config, serve=_given(host=host, port=port, workers=workers))
    with _app_context(chosen) as app_context:
        from shortlist.serving.api.app import create_app
        from shortlist.serving.http.request_id import log_request_ids
        from shortlist.serving.http.server import bound, run

        listener = bound(_address(app_context), chosen.serve.port)
        if chosen.serve.workers == 1:
            log_request_ids()
            app = create_app(app_context)
            run(app, listener, chosen.serve, lambda: _say("the API", *listener.getsockname()[:2]))
        keyless = app_context.keyless
    if chosen.serve.workers > 1:
        _run_workers(chosen, listener, keyless)


@app.command()
def web(
    context: typer.Context, host: Host = None, port: Port = None, home: HomeDir = None, config: ConfigFile = None
) -> None:
    """The web page: readers, their lists as cards, a chat, two ways to rank side by side.

    Example: shortlist serve web
    """
    chosen = settings(context, home, config, serve=_given(host=host, web_port=port))
    with TemporaryDirectory(prefix="shortlist-web-") as uploads, _app_context(chosen) as app_context:
        os.environ["GRADIO_TEMP_DIR"] = uploads  # or all users of this machine share one folder
        from shortlist.serving.http.server import bound, run
        from shortlist.serving.web.app import web_application

        listener = bound(_address(app_context), chosen.serve.web_port)
        app = web_application(app_context)
        run(app, listener, chosen.serve, lambda: _say("the page", *listener.getsockname()[:2]))


@app.command()
def mcp(
    context: typer.Context,
    http: Annotated[bool, typer.Option("--http", help="Over streamable HTTP, at /mcp, in place of stdio.")] = False,
    host: Host = None,
    port: Port = None,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Tools for other programs' language models: recommend, search, explain, record_event.

    Example: shortlist serve mcp
    """
    chosen = settings(context, home, config, serve=_given(host=host, mcp_port=port))
    with _app_context(chosen) as app_context:
        if not http:
            from shortlist.serving.mcp.tools import mcp_server

            mcp_server(app_context).run("stdio")
            return
        from shortlist.serving.http.server import bound, run
        from shortlist.serving.mcp.http import mcp_application

        listener = bound(_address(app_context), chosen.serve.mcp_port)
        app = mcp_application(app_context)
        run(app, listener, chosen.serve, lambda: _say("the MCP server", *listener.getsockname()[:2]))


def _run_workers(config: Config, listener: socket.socket, keyless: bool) -> None:
    """Each worker opens the home for itself; what they share is forgotten at the end."""
    from shortlist.app.server_context import worker
    from shortlist.serving.limits.interprocess import COUNTERS, SharedLimits

    with TemporaryDirectory(prefix="shortlist-serve-") as folder:
        counters = Path(folder) / COUNTERS
        counters.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counters)  # read by every worker when it imports the library
        from shortlist.serving.http.workers import run_workers

        _say(f"the API, with {config.serve.workers} processes,", *listener.getsockname()[:2])
        run_workers(partial(worker, config, Path(folder), keyless), listener, config.serve, SharedLimits(Path(folder)))


@contextmanager
def _app_context(config: Config) -> Iterator[AppContext]:
    """The context of a server over the home, which is created if it does not exist."""
    try:
        import fastapi  # noqa: F401
    except ImportError as error:
        remedy = "install them with `pip install -c constraints.txt -e '.[serve]'`"
        raise UsageError("serving needs more packages", expected="fastapi", found="none", remedy=remedy) from error
    from shortlist.app.server_context import context_of

    with open_or_create(config) as store:
        yield context_of(store, config)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _address(app_context: AppContext) -> str:
    """The address to listen on: this machine only if there never was a key."""
    from shortlist.app.cli.terminal.output import print_remark

    host = app_context.config.serve.host
    if not app_context.keyless:
        return host
    print_remark("there are no keys, so only this machine is answered; `shortlist keys create` makes one")
    return HERE


def _say(what: str, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    say(f"{what} answers at http://{shown}:{port}", err=True)
