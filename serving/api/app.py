"""The HTTP API as one ASGI application."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
import anyio.to_thread
from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from shortlist.core.errors import ShortlistError
from shortlist.serving.api import chat, health, recommend, records
from shortlist.serving.api.deps import known_only
from shortlist.serving.http.access_log import AccessLog
from shortlist.serving.http.admission import ReadAuthMiddleware
from shortlist.serving.http.auth import Authenticator
from shortlist.serving.http.body_buffer import BodyBuffer
from shortlist.serving.http.body_limit import BodyLimit
from shortlist.serving.http.concurrency_limit import ConcurrencyLimit
from shortlist.serving.http.problems import install
from shortlist.serving.limits.llm_queue import LlmQueue
from shortlist.serving.service.context import AppContext
from shortlist.serving.service.service import Service

log = logging.getLogger(__name__)


def create_app(parts: AppContext) -> ASGIApp:
    """The API over `parts`; reads the home at once. Raises as `AppContext.recommender`."""
    limits, service = parts.config.serve, Service(parts)
    lane = LlmQueue(limits, parts.shared, service.metrics.lane)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        app.state.writer, app.state.probes = anyio.CapacityLimiter(1), anyio.CapacityLimiter(2)
        anyio.to_thread.current_default_thread_limiter().total_tokens = limits.threads
        await asyncio.to_thread(_warm, parts)
        following = asyncio.create_task(_follow(service, limits.refresh_s))
        ended = threading.Event()
        # A thread that the end of the process does not wait for: a merge takes minutes, and may be broken off anywhere.
        threading.Thread(target=_merge, args=(service, limits.refresh_s, ended), daemon=True).start()
        yield
        ended.set()
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await asyncio.to_thread(lane.close)

    app = FastAPI(
        title="Shortlist",
        summary="Short videos for readers, from what they read and watch.",
        version="1",
        lifespan=lifespan,
        dependencies=[Depends(known_only)],
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.service, app.state.lane, app.state.limits = service, lane, limits
    install(app)
    for module in (recommend, records, chat, health):
        app.include_router(module.router)
    access = Authenticator(parts.home.catalogue, parts.shared.rates(limits.rate_per_s), keyless=parts.keyless)
    buffered = BodyBuffer(ConcurrencyLimit(app, service.metrics, limits.requests), limits.requests)
    bounded = BodyLimit(buffered, limits.body_bytes, limits.body_timeout_s)
    return AccessLog(ReadAuthMiddleware(bounded, access), service.metrics)


def _warm(parts: AppContext) -> None:
    """Load the encoder before the first search needs it."""
    try:
        parts.encoder().encode(["warm"])
    except ShortlistError as error:
        log.warning("searches and wishes will fail: %s", error)


async def _follow(service: Service, pause_s: float) -> None:
    while True:
        await asyncio.sleep(pause_s)
        try:
            await asyncio.to_thread(service.live.refresh)
        except Exception:
            log.exception("looking for news failed")


def _merge(service: Service, pause_s: float, ended: threading.Event) -> None:
    while not ended.wait(pause_s):
        try:
            service.live.merge()
        except ShortlistError as error:
            log.warning("the index is merged another time: %s", error)
        except Exception:
            log.exception("merging the index failed")
