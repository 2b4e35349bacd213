"""The HTTP API as one ASGI application."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from shortlist.core.errors import ShortlistError
from shortlist.serving.api import chat, health, recommend, records
from shortlist.serving.api.deps import reject_unknown_parameters
from shortlist.serving.http.access_log import AccessLog
from shortlist.serving.http.auth import Authenticator
from shortlist.serving.http.auth_middleware import ReadAuthMiddleware
from shortlist.serving.http.body_buffer import BodyBuffer
from shortlist.serving.http.body_limit import BodyLimit
from shortlist.serving.http.concurrency_limit import ConcurrencyLimit
from shortlist.serving.http.problems import add_error_handlers
from shortlist.serving.http.shutdown import ShutdownMiddleware
from shortlist.serving.limits.thread_pool import WorkerThreads
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service

CHAT_BYTES = 64_000  # a message has at most 2,000 characters
RANK_BYTES = 1_000_000

log = logging.getLogger(__name__)


def create_app(context: AppContext) -> ASGIApp:
    """Return the API over `context`, with the recommender loaded. Raises like `AppContext.recommender`."""
    limits, service = context.config.serve, Service(context)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        app.state.writer, app.state.probes = anyio.CapacityLimiter(1), anyio.CapacityLimiter(2)
        app.state.parsers = WorkerThreads(1, limits.deadline_s)
        await asyncio.to_thread(_load_encoder, context)
        refreshing = asyncio.create_task(_refresh(service, limits.refresh_s))
        stopped = threading.Event()
        # A daemon thread: a merge takes minutes and can be interrupted anywhere, so the process does not wait for it.
        threading.Thread(target=_merge, args=(service, limits.refresh_s, stopped), daemon=True).start()
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
        docs_url=None,  # the page would load scripts from another site
        redoc_url=None,
    )
    app.state.service, app.state.limits = service, limits
    add_error_handlers(app)
    for module in (recommend, records, chat, health):
        app.include_router(module.router)
    authenticator = Authenticator(
        context.home.catalogue, context.shared.rate_limiter(limits.rate_per_s), keyless=context.keyless
    )
    buffered = BodyBuffer(ConcurrencyLimit(app, service.metrics, limits.requests), limits.requests)
    max_bytes = {"/v1/chat": min(CHAT_BYTES, limits.body_bytes), "/v1/rank": min(RANK_BYTES, limits.body_bytes)}
    bounded = BodyLimit(buffered, limits.body_bytes, limits.body_timeout_s, max_bytes)
    return AccessLog(ShutdownMiddleware(ReadAuthMiddleware(bounded, authenticator)), service.metrics)


def _load_encoder(context: AppContext) -> None:
    """Load the encoder before the first search."""
    try:
        context.encoder().encode(["warm"])
    except ShortlistError as error:
        log.warning("searches, and recommendations with a wish, will fail: %s", error)


async def _refresh(service: Service, pause_s: float) -> None:
    while True:
        await asyncio.sleep(pause_s)
        try:
            await asyncio.to_thread(service.reloader.refresh)
        except Exception:
            log.exception("checking for a newer index failed")


def _merge(service: Service, pause_s: float, stopped: threading.Event) -> None:
    while not stopped.wait(pause_s):
        try:
            service.reloader.merge()
        except ShortlistError as error:
            log.warning("the index was not merged, it will be tried again: %s", error)
        except Exception:
            log.exception("merging the index failed")
