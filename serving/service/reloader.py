"""The recommender of a server: made once, and made anew when the home has moved on."""

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
from shortlist.serving.service.context import AppContext

POPULARITY_S = 60.0  # what is popular is counted anew this often at most; a reader's own events count at once
SLOWEST_S = 30.0

log = logging.getLogger(__name__)


def give_back() -> None:
    """Collect what is garbage and let the C library return it: glibc keeps it, and a server grows with each reload."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Reloader:
    """Holds the current recommender and chat; a request takes one and keeps it, whatever is loaded meanwhile."""

    def __init__(self, parts: AppContext) -> None:
        self._parts = parts
        self._catalogue = parts.home.catalogue
        self._lock = threading.RLock()
        self._manifest = parts.home.path / FOLDER / MANIFEST
        self._generation = 0
        self._writing = False
        self._seen: tuple[int, int] | None = None
        self._looked_at: tuple[int, int] | None = None
        self._pause_s = 0.0
        self._load()

    @property
    def recommender(self) -> Recommender:
        """The newest recommender."""
        self._follow()
        return self._current[0]

    @property
    def chat(self) -> Chat:
        """A chat over it."""
        self._follow()
        return self._current[1]

    @property
    def generation(self) -> int:
        """Rises whenever something is loaded."""
        self._follow()
        return self._generation

    def refresh(self) -> bool:
        """Load what was delivered since, if anything was; whether it was. Errors are logged and the old one stays.

        While another process indexes, nothing new can be loaded: then the pause before the next attempt doubles.
        """
        if not self._stale() or not self._lock.acquire(blocking=False):
            return False  # whoever holds the lock loads when it has done
        try:
            before = self._revision
            self._try_to_load()
            moved = self._revision > before
            self._pause_s = 0.0 if moved else min(max(1.0, 2 * self._pause_s), SLOWEST_S)
            return moved
        finally:
            self._lock.release()

    def merge(self) -> None:
        """Merge what is due of the index since it last changed, and load that, so that the old files can go.

        Raises as `merge_aside`.
        """
        if self._looked_at == self._written():
            return
        self._looked_at = self._written()
        if merge_aside(self._parts.home):
            with self._lock:
                self._try_to_load()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """For whoever writes content in this process; what was written is loaded at the end.

        Raises `HomeLocked` where another request writes, or an index is loaded, for longer than `serve.write_wait_s`.
        """
        if not self._lock.acquire(timeout=self._parts.config.serve.write_wait_s):
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
        """Load what another process has put into the index since. What this one is putting in has no answer yet."""
        if self._seen == self._written() or self._writing:
            return
        with self._lock:
            written = self._written()
            if self._seen != written:  # nobody has loaded it while this one waited
                self._try_to_load(only_newer=True)
                self._seen = written

    def _try_to_load(self, *, only_newer: bool = False) -> None:
        try:
            if not only_newer or self._revision_written() > self._revision:
                self._load()
        except ShortlistError as error:
            log.warning("the home cannot be read anew, the last state is served: %s", error)

    def _load(self) -> None:
        written, events = self._written(), self._catalogue.events.version()
        recommender = self._parts.recommender()
        self._current = recommender, self._parts.chat(recommender)
        self._events, self._loaded_at = events, monotonic()
        self._seen = written  # not before: until then a request waits for what is being loaded
        self._generation += 1
        give_back()

    def _stale(self) -> bool:
        age_s = monotonic() - self._loaded_at
        if self._revision < self._catalogue.delivered():
            return age_s >= self._pause_s
        return age_s >= POPULARITY_S and self._events != self._catalogue.events.version()

    @property
    def _revision(self) -> int:
        return self._current[0].snapshot.revision

    def _written(self) -> tuple[int, int] | None:
        """What tells one manifest of the index from the next, without reading it."""
        try:
            found = self._manifest.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _revision_written(self) -> int:
        home = self._parts.home
        return read_manifest(self._manifest.parent, home.home_id, home.encoder).revision
