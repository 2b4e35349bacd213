"""The recommender of a server, reloaded when the home changes."""

from __future__ import annotations

import ctypes
import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from shortlist.agent.chat.session import Chat
from shortlist.agent.recommend import Recommender
from shortlist.core.errors import HomeLocked, ShortlistError
from shortlist.retrieval.index.background_merge import merge_aside
from shortlist.retrieval.index.index import FOLDER
from shortlist.retrieval.index.manifest import MANIFEST, read_manifest
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.serving.service.context import AppContext

POPULARITY_S = 60.0  # popularity is counted again this often at most; a reader's own events count at once
LONGEST_PAUSE_S = 30.0

log = logging.getLogger(__name__)


def release_memory() -> None:
    """Collect garbage and let the C library return it: glibc keeps it, and a server grows with each reload."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Reloader:
    """Holds the current recommender and chat. A request that has taken one is not affected by a reload."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._catalogue = context.home.catalogue
        self._lock = threading.RLock()
        self._manifest = context.home.path / FOLDER / MANIFEST
        self._generation = 0
        self._writing = False
        self._seen: tuple[int, int] | None = None
        self._looked_at: tuple[int, int] | None = None
        self._pause_s = 0.0
        self._load()

    def recommender(self) -> Recommender:
        """The newest recommender, after loading a newer index if another process wrote one."""
        self._follow()
        return self._current[0]

    def chat(self) -> Chat:
        """A chat over the newest recommender."""
        self._follow()
        return self._current[1]

    def snapshot(self) -> Snapshot:
        """The index that the newest recommender searches."""
        return self.recommender().snapshot

    def generation(self) -> int:
        """A number that grows with every load."""
        self._follow()
        return self._generation

    def refresh(self) -> bool:
        """Load what was stored since the last load; return whether anything was. On errors the old state stays.

        While another process indexes, nothing new can be loaded: then the pause before the next attempt doubles.
        """
        if not self._stale() or not self._lock.acquire(blocking=False):
            return False  # the holder of the lock loads at its end
        try:
            before = self._revision
            self._try_to_load()
            moved = self._revision > before
            self._pause_s = 0.0 if moved else min(max(1.0, 2 * self._pause_s), LONGEST_PAUSE_S)
            return moved
        finally:
            self._lock.release()

    def merge(self) -> None:
        """Merge the index if it changed since the last merge, and load it, so that the old files can be deleted.

        Raises as `merge_aside`.
        """
        if self._looked_at == self._written():
            return
        self._looked_at = self._written()
        if merge_aside(self._context.home):
            with self._lock:
                self._try_to_load()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write content in this process; the written content is loaded at the end.

        Raises `HomeLocked` where another request writes, or an index is loaded, for longer than `serve.write_wait_s`.
        """
        if not self._lock.acquire(timeout=self._context.config.serve.write_wait_s):
            raise HomeLocked(
                "another request writes videos", expected="one at a time", found="another", remedy="ask again"
            )
        try:
            self._follow()
            self._writing = True
            yield
            self._load()
        finally:
            self._writing = False
            self._lock.release()

    def _follow(self) -> None:
        """Reload if another process committed a newer index. No-op while this process is writing."""
        if self._seen == self._written() or self._writing:
            return
        with self._lock:
            written = self._written()
            if self._seen != written:  # no other thread has loaded it in the meantime
                self._try_to_load(only_newer=True)
                self._seen = written

    def _try_to_load(self, *, only_newer: bool = False) -> None:
        try:
            if not only_newer or self._revision_written() > self._revision:
                self._load()
        except ShortlistError as error:
            log.warning("the home cannot be reloaded, the last state is served: %s", error)

    def _load(self) -> None:
        written, events = self._written(), self._catalogue.events.version()
        recommender = self._context.recommender()
        self._current = recommender, self._context.chat(recommender)
        self._events, self._loaded_at = events, monotonic()
        self._seen = written  # not earlier: until then requests wait for the load
        self._generation += 1
        release_memory()

    def _stale(self) -> bool:
        age_s = monotonic() - self._loaded_at
        if self._revision < self._catalogue.revision():
            return age_s >= self._pause_s
        return age_s >= POPULARITY_S and self._events != self._catalogue.events.version()

    @property
    def _revision(self) -> int:
        return self._current[0].snapshot.revision

    def _written(self) -> tuple[int, int] | None:
        """Identifies the current manifest of the index without reading it."""
        try:
            found = self._manifest.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _revision_written(self) -> int:
        home = self._context.home
        return read_manifest(self._manifest.parent, home.home_id, home.encoder).revision
