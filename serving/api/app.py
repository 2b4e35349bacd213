"""The HTTP API as one ASGI application."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

import anyio
from fastapi import Depends, FastAPI
from starlette.types import ASGIApp, Lifespan

from shortlist.core.config_sections.serving import ServeConfig
from shortlist.core.errors import ShortlistError
from shortlist.engine.backup import back_up_if_due
from shortlist.engine.following import follow_of
from shortlist.serving.api import (
    catalogue,
    chat,
    docs_page,
    health,
    imports,
    objective,
    personal_data,
    recommend,
    records,
    what_if,
)
from shortlist.serving.api.deps import reject_unknown_parameters
from shortlist.serving.http.auth import Authenticator
from shortlist.serving.http.middleware import with_middleware
from shortlist.serving.http.problems import add_error_handlers
from shortlist.serving.limits.thread_pool import WorkerThreads
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service

CHAT_BYTES = 64_000  # a message has at most 2,000 characters
RANK_BYTES = 1_000_000
BACKUP_PAUSE_S = 3600.0  # between two looks at the age of the newest backup

STREAMED = (imports.PATH,)

log = logging.getLogger(__name__)


def create_app(context: AppContext) -> ASGIApp:
    """Return the API over `context`, with the recommender loaded. Raises like `Engine.recommender`."""
    limits, service = context.engine.config.serve, Service(context)
    app = api_application(context, service)
    return with_middleware(
        app,
        limits,
        service.metrics,
        app.state.authenticator,
        max_bytes=max_bytes(limits),
        public=docs_page.PUBLIC,
        streamed=STREAMED,
    )


def max_bytes(limits: ServeConfig) -> dict[str, int]:
    """Return the largest bodies by path."""
    return {
        "/v1/chat": min(CHAT_BYTES, limits.body_bytes), "/v1/rank": min(RANK_BYTES, limits.body_bytes),
        imports.PATH: limits.upload_bytes,
    }  # fmt: skip


def api_application(context: AppContext, service: Service, lifespans: Sequence[Lifespan[FastAPI]] = ()) -> FastAPI:
    """Return the routes of the API without middleware. `lifespans` are entered before it starts."""
    app = new_application(context, service, lifespans)
    app.state.authenticator = authenticator_of(context)
    for module in (recommend, what_if, objective, catalogue, personal_data, records, imports, chat, health):
        app.include_router(module.router)
    docs_page.add_docs_page(app)
    return app


def new_application(context: AppContext, service: Service, lifespans: Sequence[Lifespan[FastAPI]] = ()) -> FastAPI:
    """Return an application over `service` without routes, which keeps its index and encoder ready while it runs."""
    limits = context.engine.config.serve

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.writer, app.state.probes = anyio.CapacityLimiter(1), anyio.CapacityLimiter(2)
        app.state.parsers = WorkerThreads(1, limits.deadline_s)
        async with AsyncExitStack() as stack:
            for one in lifespans:
                await stack.enter_async_context(one(app))
            await asyncio.to_thread(_load_encoder, context)
            refreshing = asyncio.create_task(_refresh(service, limits.refresh_s))
            stopped = threading.Event()
            # Daemon threads: a merge or a backup takes minutes and may be interrupted, so nothing waits for it.
            threading.Thread(target=_merge, args=(service, limits.refresh_s, stopped), daemon=True).start()
            back_up = partial(back_up_if_due, context.engine.home, context.engine.config.backup)
            _repeat(back_up, "the daily backup failed", BACKUP_PAUSE_S, stopped)
            follow = follow_of(context.engine.home, context.engine.config)
            if follow is not None:
                _repeat(follow, "following the snapshots failed", context.engine.config.store.snapshot_s, stopped)
            yield
            stopped.set()
            refreshing.cancel()
            with suppress(asyncio.CancelledError):
                await refreshing
        await asyncio.to_thread(service.close)

    app = FastAPI(
        title="Shortlist",
        summary="Short videos for readers, from what they read and watch.",
        version="1",
        lifespan=lifespan,
        dependencies=[Depends(reject_unknown_parameters)],
        docs_url=None,  # its page loads scripts from another site; `docs_page` does not
        redoc_url=None,
    )
    app.state.service, app.state.limits = service, limits
    add_error_handlers(app)
    return app


def authenticator_of(context: AppContext) -> Authenticator:
    """Return the authenticator of a server over `context`."""
    limiter = context.shared.rate_limiter(context.engine.config.serve.rate_per_s)
    return Authenticator(context.engine.home.catalogue, limiter, keyless=context.keyless)


def _load_encoder(context: AppContext) -> None:
    """Load the encoder before the first search."""
    try:
        context.engine.encoder().encode(["warm"])
    except ShortlistError as error:
        log.warning("searches, and recommendations with a wish, will fail: %s", error)


async def _refresh(service: Service, pause_s: float) -> None:
    while True:
        await asyncio.sleep(pause_s)
        try:
            await asyncio.to_thread(service.engine.reloader.refresh)
        except Exception:
            log.exception("checking for a newer index failed")


def _repeat(work: Callable[[], None], problem: str, pause_s: float, stopped: threading.Event) -> None:
    """Run `work` every `pause_s` seconds in a daemon thread. Its errors are logged as `problem`."""

    def loop() -> None:
        while True:
            try:
                work()
            except Exception:
                log.exception("%s", problem)
            if stopped.wait(pause_s):
                return

    threading.Thread(target=loop, daemon=True).start()


def _merge(service: Service, pause_s: float, stopped: threading.Event) -> None:
    while not stopped.wait(pause_s):
        try:
            service.engine.reloader.merge()
        except ShortlistError as error:
            log.warning("the index was not merged, it will be tried again: %s", error)
        except Exception:
            log.exception("merging the index failed")
