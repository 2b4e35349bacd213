"""Several processes that answer on one socket: uvicorn starts them, and starts one anew that died."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing.connection import wait

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from shortlist.core.config import ServeConfig
from shortlist.serving.http.server import uvicorn_config
from shortlist.serving.limits.interprocess import SharedLimits

PATIENCE_S = 10  # with a worker that does not say that it lives, since it loads


def run_workers(
    worker: Callable[[], ASGIApp], listener: socket.socket, config: ServeConfig, shared: SharedLimits
) -> None:
    """Serve what `worker`, which can be pickled, makes in each process, until a signal; then as `server.run`."""
    settings = uvicorn_config(worker, config)
    settings.factory, settings.workers, settings.timeout_worker_healthcheck = True, config.workers, PATIENCE_S
    _Workers(settings, listener, shared).run()


def end_with_parent() -> None:
    """In a worker: stop as on a signal when the process that started it is gone, however that happened."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


class _Workers(Multiprocess):
    """What a dead process counts as going on goes on no more."""

    def __init__(self, settings: uvicorn.Config, listener: socket.socket, shared: SharedLimits) -> None:
        super().__init__(settings, [listener])
        self._shared = shared

    def keep_subprocess_alive(self) -> None:
        """See `Multiprocess`."""
        before = {one.pid for one in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {one.pid for one in self.processes}:
            mark_process_dead(pid, str(self._shared.counters))  # type: ignore[no-untyped-call]
