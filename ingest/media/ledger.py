"""The outcome of every step of every item: written to the catalogue at once, and counted for the report."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from shortlist.core.errors import ServiceError, ShortlistError, StateError
from shortlist.core.notes import Note
from shortlist.ingest.load import Loaded
from shortlist.ingest.media.channel import Stopped
from shortlist.ingest.media.item import Unwanted
from shortlist.ingest.media.redact import redacted
from shortlist.ingest.tables.rows import Failure
from shortlist.store.catalogue.ingest_log import Steps
from shortlist.store.catalogue.records import Put

log = logging.getLogger(__name__)

Stage = Literal["list", "download", "transcribe", "store"]
Progress = Callable[[Stage, int], None]
Noted = Literal["no-speech", "same-content", "content-replaced", "passed-over"]
Count = Noted | Literal["known"]

NOTES: dict[Noted, str] = {
    "no-speech": "without speech that could be understood: found by title and description only",
    "same-content": "with the same content as another: one video, several locations",
    "content-replaced": "removed: where they were taken from, there is another content now",
    "passed-over": "passed over, as too long, too old or live",
}


@dataclass(slots=True)
class Step:
    """A step under way: a remark, or why the item is passed over."""

    note: str = ""
    unwanted: Unwanted | None = None


class Ledger:
    """Notes and counts of one run. Safe to share between threads."""

    def __init__(self, steps: Steps, progress: Progress | None) -> None:
        self._steps = steps
        self._lock = threading.Lock()
        self._counts: Counter[Count] = Counter()
        self._failures: list[Failure] = []
        self._unlisted = {one.item for one in steps.failures() if one.step == "list"}
        self._progress = progress

    def progress(self, stage: Stage, done: int) -> None:
        """Tell whoever watches; one thread at a time."""
        if self._progress:
            with self._lock:
                self._progress(stage, done)

    @contextmanager
    def step(self, location: str, stage: Stage) -> Iterator[Step]:
        """Note how `stage` ends for the item at `location`, and how long it took.

        An error of that item ends here. Errors that the next item would meet too (the disk, a missing model) go on.
        """
        step = Step()
        began = time.perf_counter()
        try:
            yield step
        except (StateError, ServiceError, Stopped):
            raise
        except ShortlistError as error:
            self.failed(location, stage, str(error))
        except Exception as error:  # noqa: BLE001 - of this item; the next may be sound
            log.error("%s of %s: %s", stage, redacted(location), redacted(traceback.format_exc()))
            self.failed(location, stage, f"unexpected: {error!r}")
        else:
            if step.unwanted:
                self.passed_over(step.unwanted)
            else:
                self._steps.put(location, stage, "done", step.note, time.perf_counter() - began)
        self.progress(stage, 1)

    def failed(self, location: str, stage: Stage, reason: str) -> None:
        """Note a failure."""
        reason = redacted(reason)
        self._steps.put(location, stage, "failed", reason)
        with self._lock:
            self._failures.append(Failure(redacted(location), reason))

    def listed(self, location: str) -> None:
        """Forget that the item could once not be listed."""
        if location in self._unlisted:
            self._steps.remove(location, "list")

    def passed_over(self, unwanted: Unwanted) -> None:
        """Note an item that is not wanted, and why."""
        self._steps.put(unwanted.location, "download", "skipped", unwanted.reason)
        self.count("passed-over")

    def count(self, what: Count, number: int = 1) -> None:
        """Count something for the report."""
        with self._lock:
            self._counts[what] += number

    def report(self, put: Put) -> Loaded:
        """What the run did."""
        notes = [Note(what, f"{self._counts[what]:,} {text}") for what, text in NOTES.items() if self._counts[what]]
        unchanged = put.unchanged + self._counts["known"]
        return Loaded(put.new, put.changed, unchanged, tuple(self._failures), tuple(notes))
