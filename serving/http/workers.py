"""Serve one socket with several processes. uvicorn starts them, and restarts any that die."""

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

from shortlist.core.config_sections.serving import ServeConfig
from shortlist.serving.http.server import uvicorn_config
from shortlist.serving.limits.interprocess import SharedLimits

HEALTHCHECK_TIMEOUT_S = 60  # a worker that loads a home on a busy machine does not answer at once


def run_workers(
    create_worker: Callable[[], ASGIApp], listener: socket.socket, config: ServeConfig, shared: SharedLimits
) -> None:
    """Serve, in each process, the application that `create_worker` returns; stop on a signal like `server.run`.

    `create_worker` must be picklable.
    """
    settings = uvicorn_config(create_worker, config)
    settings.factory, settings.workers, settings.timeout_worker_healthcheck = (
        True,
        config.workers,
        HEALTHCHECK_TIMEOUT_S,
    )
    _Workers(settings, listener, shared).run()


def end_with_parent() -> None:
    """Stop this worker process, as on a signal, when its parent process has ended for any reason."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_terminate_after, args=(parent.sentinel,), daemon=True).start()


def _terminate_after(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


class _Workers(Multiprocess):
    """Removes the gauges of dead workers, such as their running requests, from the metrics."""

    def __init__(self, settings: uvicorn.Config, listener: socket.socket, shared: SharedLimits) -> None:
        super().__init__(settings, [listener])
        self._shared = shared

    def keep_subprocess_alive(self) -> None:
        """See `Multiprocess`."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            mark_process_dead(pid, str(self._shared.counters))  # type: ignore[no-untyped-call]
