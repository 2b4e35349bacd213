"""Semaphores and rate limits that all processes of one server share.

They are lock files in one folder. The system releases the locks of a process that ends.
"""

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
BATCH_S = 0.05
LOCK_POLL_S = 0.001
LOCK_WAIT_S = 0.2
BUCKET = struct.Struct("dd")  # number of tokens, and the time of `monotonic` at which it was written


class SharedLimits:
    """The limits in `folder`, which all processes of a server share.

    Without a folder a temporary one is created, for a server of one process. `counters` is the folder of the metrics of
    several processes, None for one process.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._own = TemporaryDirectory(prefix="shortlist-serve-") if folder is None else None
        self.folder = Path(self._own.name) if self._own else folder or Path()
        self.counters = None if self._own else self.folder / COUNTERS

    def semaphore(self, name: str, size: int) -> Semaphore:
        """Return the semaphore called `name`, which has `size` slots."""
        return Semaphore(self.folder, [f"{name}-{at}.lock" for at in range(size)])

    def rate_limiter(self, per_s: float) -> RateLimiter:
        """Return a limit of `per_s` requests a second for each caller."""
        return RateLimiter(self, per_s)


class Semaphore:
    """A semaphore with one lock file per slot. Thread-safe."""

    def __init__(self, folder: Path, locks: list[str]) -> None:
        self._folder = folder
        self._locks = locks

    def try_acquire(self) -> FileLock | None:
        """Return the lock of a free slot, which the caller releases; None if all slots are taken."""
        self._folder.mkdir(exist_ok=True)  # the system may delete old files in its folder of temporary files
        for name in self._locks:
            lock = FileLock(self._folder / name, timeout=0, thread_local=False)
            try:
                lock.acquire()
            except Timeout:
                continue
            return lock
        return None

    def acquire(self, deadline: Deadline) -> FileLock | None:
        """Wait for a free slot; return None if there is none before `deadline`."""
        slot = self.try_acquire()
        while slot is None and deadline.wait(POLL_S):
            slot = self.try_acquire()
        return slot


class RateLimiter:
    """A token bucket for each caller: `per_s` tokens a second flow in, and it holds those of `BURST_S` seconds.

    The name of a caller must be valid as a file name, because each bucket is a file. A process takes the tokens of
    `BATCH_S` seconds at once, so that processes seldom wait for each other's locks. Requests are refused while the lock
    of a bucket cannot be had.
    """

    def __init__(self, shared: SharedLimits, per_s: float) -> None:
        self._shared = shared
        self._per_s = per_s
        self._capacity = max(1.0, BURST_S * per_s)
        self._batch = max(1, int(BATCH_S * per_s))
        self._local: dict[str, _LocalTokens] = {}

    def take(self, caller: str) -> float:
        """Take a token. Return 0, or the seconds to wait if the bucket is empty."""
        local = self._local.setdefault(caller, _LocalTokens())
        with local.lock:
            wait_s = local.refused_until - monotonic()
            if wait_s > 0:
                return wait_s
            if not local.tokens:
                local.tokens, wait_s = self._refill(caller)
                if not local.tokens:
                    local.refused_until = monotonic() + wait_s
                    return wait_s
            local.tokens -= 1
            return 0.0

    def _refill(self, caller: str) -> tuple[int, float]:
        """Take tokens from the caller's file; return their number and, if it is 0, the seconds until there are some."""
        self._shared.folder.mkdir(exist_ok=True)
        path = self._shared.folder / f"rate-{caller}"
        try:
            with FileLock(f"{path}.lock", timeout=LOCK_WAIT_S, poll_interval=LOCK_POLL_S, thread_local=False):
                return self._take_batch(path)
        except Timeout:  # another process hangs while it holds the lock
            return 0, LOCK_WAIT_S

    def _take_batch(self, path: Path) -> tuple[int, float]:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            stored, now = os.pread(descriptor, BUCKET.size, 0), monotonic()  # one clock for all processes of a machine
            tokens, updated = BUCKET.unpack(stored) if len(stored) == BUCKET.size else (self._capacity, now)
            tokens = min(self._capacity, tokens + (now - updated) * self._per_s)
            taken = min(self._batch, int(tokens))
            os.pwrite(descriptor, BUCKET.pack(tokens - taken, now), 0)
        finally:
            os.close(descriptor)
        return taken, 0.0 if taken else (self._batch - tokens) / self._per_s


class _LocalTokens:
    """The tokens of one caller that this process has taken from the file."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tokens = 0
        self.refused_until = 0.0
