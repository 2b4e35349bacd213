"""Reload the recommender when the home changes."""

from __future__ import annotations

import ctypes
import gc
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from shortlist.agent.recommend import Recommender
from shortlist.core.errors import HomeLocked, ShortlistError
from shortlist.learning.student.versions import FOLDER as STUDENTS
from shortlist.retrieval.index.background_merge import merge_in_background
from shortlist.retrieval.index.index import FOLDER
from shortlist.retrieval.index.manifest import MANIFEST, read_manifest
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.trained.versions import FOLDER as TRAINED
from shortlist.store.home import Home
from shortlist.store.registry.decisions import FILE as DECISIONS

POPULARITY_PERIOD_S = 60.0  # between counts of popularity, at least
MAX_RETRY_S = 30.0

FileVersion = tuple[int, int] | None  # inode and time of a file that is replaced whenever it changes; None without one

log = logging.getLogger(__name__)


def release_memory() -> None:
    """Collect garbage and return its memory to the system. glibc would keep it, and the server would grow."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Reloader:
    """Holds the newest recommender. A reload does not affect requests that use the previous one. Thread-safe.

    `load` returns a recommender over the newest revision. It is first called by the first request.
    """

    def __init__(self, home: Home, write_wait_s: float, load: Callable[[], Recommender]) -> None:
        self._home = home
        self._write_wait_s = write_wait_s
        self._open = load
        self._catalogue = home.catalogue
        self._lock = threading.RLock()
        self._current: Recommender | None = None
        self._generation = 0
        self._writing = False
        self._loaded: FileVersion = None
        self._models: tuple[FileVersion, ...] = ()
        self._merged: FileVersion = None
        self._retry_s = 0.0

    def recommender(self) -> Recommender:
        """Return the newest recommender. Loads the index first if another process has written a newer one."""
        self._load_if_newer()
        assert self._current is not None  # noqa: S101  (the first load raises or sets it)
        return self._current

    def snapshot(self) -> Snapshot:
        """Return the index snapshot of the newest recommender."""
        return self.recommender().snapshot

    def generation(self) -> int:
        """Return the number of loads so far, which identifies the current state."""
        self._load_if_newer()
        return self._generation

    def refresh(self, max_age_s: float = POPULARITY_PERIOD_S) -> bool:
        """Load content and events stored since the last load, and experiments. Return whether the content changed.

        What others did counts within `max_age_s` seconds; a reader's own events always count at once.

        On errors the previous state is served. While another process indexes, nothing new can be loaded, and the pause
        before the next attempt doubles, up to `MAX_RETRY_S`.
        """
        if self._current is None or not self._stale(max_age_s) or not self._lock.acquire(blocking=False):
            return False  # nobody has asked yet, or another thread is loading
        try:
            before = self._revision
            self._try_to_load()
            changed = self._revision > before
            self._retry_s = 0.0 if changed else min(max(1.0, 2 * self._retry_s), MAX_RETRY_S)
            return changed
        finally:
            self._lock.release()

    def merge(self) -> None:
        """Merge the index if it changed since the last merge, and load it, so that old files can be deleted.

        Raises like `merge_in_background`.
        """
        if self._home.is_follower or self._merged == self._manifest_version():
            return
        self._merged = self._manifest_version()
        if merge_in_background(self._home):
            with self._lock:
                self._try_to_load()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write content in this process, and load it at the end.

        Raises `HomeLocked` if another request writes, or an index is loaded, for longer than `serve.write_wait_s`.
        """
        if not self._lock.acquire(timeout=self._write_wait_s):
            raise HomeLocked(
                "another request writes videos", expected="one write at a time", found="another", remedy="try again"
            )
        try:
            self._load_if_newer()
            self._writing = True
            yield
            self._load()
        finally:
            self._writing = False
            self._lock.release()

    def _load_if_newer(self) -> None:
        """Reload if a newer index was committed or other models promoted. No-op while this process is writing."""
        if self._is_loaded() or self._writing:
            return
        with self._lock:
            if self._current is None:
                self._load()
            elif not self._is_loaded():  # no other thread has loaded it in the meantime
                version, models = self._manifest_version(), self._promotions()
                self._try_to_load(only_newer=self._models == models)
                self._loaded, self._models = version, models

    def _is_loaded(self) -> bool:
        versions = self._manifest_version(), self._promotions()
        return self._current is not None and (self._loaded, self._models) == versions

    def _promotions(self) -> tuple[FileVersion, ...]:
        trained = self._home.content / TRAINED
        return tuple(map(_version, (trained / DECISIONS, trained / STUDENTS / DECISIONS)))

    def _try_to_load(self, *, only_newer: bool = False) -> None:
        try:
            if not only_newer or self._stored_revision() > self._revision:
                self._load()
        except ShortlistError as error:
            log.warning("reloading the home failed, the previous state is served: %s", error)

    def _load(self) -> None:
        version, events = self._manifest_version(), self._catalogue.events.version()
        models = self._promotions()
        experiment = self._catalogue.experiments.current()
        self._current = self._open()
        self._events, self._loaded_at = events, monotonic()
        self._experiment = experiment
        self._models, self._loaded = models, version  # set last, so that requests wait for the load
        self._generation += 1
        if self._generation > 1:
            release_memory()

    def _stale(self, max_age_s: float) -> bool:
        if self._experiment != self._catalogue.experiments.current():
            return True
        age_s = monotonic() - self._loaded_at
        if self._revision < self._catalogue.revision():
            return age_s >= self._retry_s
        return age_s >= max_age_s and self._events != self._catalogue.events.version()

    @property
    def _revision(self) -> int:
        return -1 if self._current is None else self._current.snapshot.revision

    def _manifest_version(self) -> FileVersion:
        return _version(self._home.content / FOLDER / MANIFEST)

    def _stored_revision(self) -> int:
        return read_manifest(self._home.content / FOLDER, self._home.home_id, self._home.encoder).revision


def _version(path: Path) -> FileVersion:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns
