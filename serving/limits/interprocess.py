"""What the processes of one server share: places and rates, in files whose locks end with whoever holds them."""

from __future__ import annotations

import os
import struct
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from filelock import FileLock, Timeout

from shortlist.serving.limits.deadline import Deadline

COUNTERS = "counters"
BURST_S = 2.0
POLL_S = 0.02
DRAW_S = 0.05
LOCK_POLL_S = 0.001
LOCK_WAIT_S = 0.2
BUCKET = struct.Struct("dd")  # tokens, and the moment of `monotonic` when there were so many


class SharedLimits:
    """A folder of all processes of a server; without one a folder of its own, for a process that is alone.

    `counters` is where several keep what they count.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._own = TemporaryDirectory(prefix="shortlist-serve-") if folder is None else None
        self.folder = Path(self._own.name) if self._own else folder or Path()
        self.counters = None if self._own else self.folder / COUNTERS

    def places(self, name: str, number: int) -> Semaphore:
        """`number` places called `name`."""
        return Semaphore(self.folder, [f"{name}-{at}.lock" for at in range(number)])

    def rates(self, per_s: float) -> TokenBucket:
        """A rate for each caller."""
        return TokenBucket(self, per_s)


class Semaphore:
    """A fixed number of places, one lock each. Safe to share between threads."""

    def __init__(self, folder: Path, locks: list[str]) -> None:
        self._folder = folder
        self._locks = locks

    def take(self) -> FileLock | None:
        """A place, to be given back with `release`; None where all are taken."""
        self._folder.mkdir(exist_ok=True)  # systems clear away what lies long in their folder of temporary files
        for name in self._locks:
            lock = FileLock(self._folder / name, timeout=0, thread_local=False)
            try:
                lock.acquire()
            except Timeout:
                continue
            return lock
        return None

    def wait(self, stop: Deadline) -> FileLock | None:
        """A place as soon as there is one; None where there was none before `stop`."""
        place = self.take()
        while place is None and stop.wait(POLL_S):
            place = self.take()
        return place


class TokenBucket:
    """A bucket of tokens for each caller, whose name is fit for a file: `per_s` flow in, twice as many fit.

    The buckets are in files. A process draws the tokens of `DRAW_S` at once, so that processes seldom wait for each
    other's locks; one that cannot look into a bucket refuses.
    """

    def __init__(self, shared: SharedLimits, per_s: float) -> None:
        self._shared = shared
        self._per_s = per_s
        self._most = max(1.0, BURST_S * per_s)
        self._draw = max(1, int(DRAW_S * per_s))
        self._local: dict[str, _LocalTokens] = {}

    def take(self, caller: str) -> float:
        """Take a token: 0, or the seconds until there is one."""
        local = self._local.setdefault(caller, _LocalTokens())
        with local.lock:
            wait_s = local.refused_until - monotonic()
            if wait_s > 0:
                return wait_s
            if not local.tokens:
                local.tokens, wait_s = self._drawn(caller)
                if not local.tokens:
                    local.refused_until = monotonic() + wait_s
                    return wait_s
            local.tokens -= 1
            return 0.0

    def _drawn(self, caller: str) -> tuple[int, float]:
        """Tokens drawn from the caller's bucket; if none, the seconds until there are some."""
        self._shared.folder.mkdir(exist_ok=True)
        path = self._shared.folder / f"rate-{caller}"
        try:
            with FileLock(f"{path}.lock", timeout=LOCK_WAIT_S, poll_interval=LOCK_POLL_S, thread_local=False):
                return self._drawn_from(path)
        except Timeout:  # another process hangs while it holds the lock
            return 0, LOCK_WAIT_S

    def _drawn_from(self, path: Path) -> tuple[int, float]:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            known, now = os.pread(descriptor, BUCKET.size, 0), monotonic()  # one clock for all processes of a machine
            tokens, since = BUCKET.unpack(known) if len(known) == BUCKET.size else (self._most, now)
            tokens = min(self._most, tokens + (now - since) * self._per_s)
            drawn = min(self._draw, int(tokens))
            os.pwrite(descriptor, BUCKET.pack(tokens - drawn, now), 0)
        finally:
            os.close(descriptor)
        return drawn, 0.0 if drawn else (self._draw - tokens) / self._per_s


class _LocalTokens:
    """A caller's tokens that this process has drawn."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tokens = 0
        self.refused_until = 0.0
