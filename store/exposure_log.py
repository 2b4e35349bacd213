"""Record what readers are shown. A background thread writes, so that no answer waits for another transaction."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Any, Self

from shortlist.core.errors import ShortlistError
from shortlist.core.exposures import Exposure, new_request_id, shown_items
from shortlist.core.ranking import Request
from shortlist.store.catalogue.catalogue import Catalogue

BATCH = 500  # exposures of one transaction
GATHER_S = 0.25  # a transaction for each answer would cost ten times as much
WAITING = 10_000  # exposures that wait for a transaction at most

log = logging.getLogger(__name__)

Count = Callable[[str, int], None]


def ignore(_status: str, _number: int) -> None:
    """Count nothing."""


class ExposureLog:
    """Records exposures with the hash `settings` of the configuration, and keeps them for `keep_days`. Thread-safe.

    `count` is called with "stored" or "lost" and a number. Lost exposures are also logged as errors: they could not be
    written, or more than `WAITING` of them waited. An exposure is written within `GATHER_S` seconds; a killed process
    loses those that wait. `close` writes them.
    """

    def __init__(self, catalogue: Catalogue, settings: str, keep_days: float, count: Count = ignore) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._keep = timedelta(days=keep_days)
        self._count = count
        self._queue: Queue[Exposure | None] = Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._at_once = threading.Event()

    def record(self, request: Request, answer: Mapping[str, Any]) -> str | None:
        """Record that the reader of `request` was shown the document `answer`, and return the id of the request.

        If `answer` has one already, its exposure is replaced. Returns None if nothing is recorded: without a reader,
        and if exposures are kept for 0 days.
        """
        if not self._keep or not request.user_id:
            return None
        exposure = Exposure(
            request_id=answer["request_id"] or new_request_id(),
            at=datetime.now(UTC),
            request=request,
            items=shown_items(answer),
            revision=answer["revision"],
            last_event=answer["last_event"],
            models=answer["models"],
            settings=self._settings,
            experiment=answer["experiment"],
        )
        self._start()
        try:
            self._queue.put_nowait(exposure)
        except Full:
            self._lose(1, "too many of them wait to be written")
        return exposure.request_id

    def flush(self) -> None:
        """Return when all exposures recorded so far are written or lost."""
        if self._thread is not None:
            self._at_once.set()
            self._queue.join()
            self._at_once.clear()

    def close(self) -> None:
        """Write the exposures that wait, and end the thread."""
        with self._lock:
            if self._thread is not None:
                self._queue.put(None)
                self._at_once.set()
                self._thread.join()
                self._at_once.clear()
                self._thread = None

    def _start(self) -> None:
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="exposures", daemon=True)
                    self._thread.start()

    def _work(self) -> None:
        batch: list[Exposure | None] = []
        while None not in batch:
            batch = [self._queue.get()]
            self._at_once.wait(GATHER_S)
            with suppress(Empty):
                while len(batch) < BATCH:
                    batch.append(self._queue.get_nowait())
            self._write([exposure for exposure in batch if exposure is not None])
            for _ in batch:
                self._queue.task_done()

    def _write(self, batch: list[Exposure]) -> None:
        try:
            self._count("stored", self._catalogue.exposures.put(batch, datetime.now(UTC) - self._keep))
        except ShortlistError as error:
            self._lose(len(batch), str(error))
        except Exception:  # the next batch must still be written
            log.exception("a bug in writing exposures")
            self._lose(len(batch), "see the line above")

    def _lose(self, number: int, why: str) -> None:
        log.error("%d answers are not in the log of exposures: %s", number, why)
        self._count("lost", number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
