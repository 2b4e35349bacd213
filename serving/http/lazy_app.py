"""An ASGI application that is built at its first request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from shortlist.serving.http.problems import problem_of


class LazyApp:
    """Calls `build` in a thread, once, and then its ASGI application.

    `build` returns the application that answers, and the one whose lifespan is entered before. A failed `build` is
    tried again at the next request.
    """

    def __init__(self, build: Callable[[], tuple[ASGIApp, Starlette]]) -> None:
        self._build = build
        self._lock = asyncio.Lock()
        self._app: ASGIApp | None = None
        self._ending = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        try:
            app = self._app or await self._start()
        except Exception as error:  # noqa: BLE001  (the application's own handlers do not exist yet)
            await problem_of(error)(scope, receive, send)
            return
        await app(scope, receive, send)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """End the lifespan of the application, if it was built, with that of the server."""
        yield
        self._ending.set()
        if self._running is not None:
            await self._running

    async def _start(self) -> ASGIApp:
        async with self._lock:
            if self._app is None:
                app, inner = await asyncio.to_thread(self._build)
                started = asyncio.get_running_loop().create_future()
                self._running = asyncio.create_task(self._run(inner, started))
                await started
                self._app = app
            return self._app

    async def _run(self, inner: Starlette, started: asyncio.Future[None]) -> None:
        """Enter and leave the lifespan in one task, as task groups require."""
        try:
            async with inner.router.lifespan_context(inner):
                started.set_result(None)
                await self._ending.wait()
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)
