"""Record the outcome of every step of every item in the catalogue, and count them for the report."""

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

from shortlist.core.errors import UNEXPECTED, ServiceError, ShortlistError, StateError
from shortlist.core.notes import Note
from shortlist.ingest.load import IngestResult
from shortlist.ingest.media.bounded_queue import Stopped
from shortlist.ingest.media.redact import redacted
from shortlist.ingest.media.source import Skipped
from shortlist.ingest.tables.rows import Failure
from shortlist.store.catalogue.ingest_log import Steps
from shortlist.store.catalogue.results import Put

log = logging.getLogger(__name__)

Stage = Literal["list", "download", "transcribe", "store"]
Progress = Callable[[Stage, int], None]
NoteCode = Literal["no-speech", "same-content", "content-replaced", "passed-over"]
Count = NoteCode | Literal["known"]

NOTES: dict[NoteCode, str] = {
    "no-speech": "without recognisable speech: searchable by title and description only",
    "same-content": "with the same content as another: one video with several locations",
    "content-replaced": "removed: their files or addresses have other content now",
    "passed-over": "skipped: too long, too old or live",
}


@dataclass(slots=True)
class Step:
    """The outcome of a step, set while it runs: a note, or the reason to skip the item."""

    note: str = ""
    skipped: Skipped | None = None


class RunLog:
    """Notes and counts of one run. Safe to share between threads."""

    def __init__(self, steps: Steps, progress: Progress | None) -> None:
        self._steps = steps
        self._lock = threading.Lock()
        self._counts: Counter[Count] = Counter()
        self._failures: list[Failure] = []
        self._failed_to_list = {failure.item for failure in steps.failures() if failure.step == "list"}
        self._progress = progress

    def progress(self, stage: Stage, done: int) -> None:
        """Report that `stage` finished `done` items. Calls the callback from one thread at a time."""
        if self._progress:
            with self._lock:
                self._progress(stage, done)

    @contextmanager
    def step(self, location: str, stage: Stage) -> Iterator[Step]:
        """Record how `stage` ends for the item at `location`, and how long it took.

        An error of this item is recorded and suppressed. An error that the next item would meet too (a full disk, a
        missing model) is raised.
        """
        step = Step()
        began = time.perf_counter()
        try:
            yield step
        except (StateError, ServiceError, Stopped):
            raise
        except ShortlistError as error:
            self.failed(location, stage, str(error), error.code)
        except Exception as error:  # noqa: BLE001 - a bug met by this item must not stop the others
            log.error("%s of %s: %s", stage, redacted(location), redacted(traceback.format_exc()))
            self.failed(location, stage, f"unexpected: {error!r}", UNEXPECTED)
        else:
            if step.skipped:
                self.skip(step.skipped)
            else:
                self._steps.put(location, stage, "done", step.note, time.perf_counter() - began)
        self.progress(stage, 1)

    def failed(self, location: str, stage: Stage, reason: str, cause: str) -> None:
        """Record a failure. `cause` is its code."""
        reason = redacted(reason)
        self._steps.put(location, stage, "failed", reason, cause=cause)
        with self._lock:
            self._failures.append(Failure(redacted(location), reason, cause))

    def listed(self, location: str) -> None:
        """Remove an earlier failure to list this item."""
        if location in self._failed_to_list:
            self._steps.remove(location, "list")

    def skip(self, skipped: Skipped) -> None:
        """Record an item that the filter left out, and the reason."""
        self._steps.put(skipped.location, "download", "skipped", skipped.reason)
        self.count("passed-over")

    def count(self, name: Count, number: int = 1) -> None:
        """Add `number` to a count of the report."""
        with self._lock:
            self._counts[name] += number

    def report(self, put: Put) -> IngestResult:
        """Return the result of the run."""
        notes = [Note(code, f"{self._counts[code]:,} {text}") for code, text in NOTES.items() if self._counts[code]]
        unchanged = put.unchanged + self._counts["known"]
        return IngestResult(put.new, put.changed, unchanged, tuple(self._failures), tuple(notes))
