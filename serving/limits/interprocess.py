"""What the processes of one server share: places and rates, in files whose locks end with whoever holds them."""

from __future__ import annotations

import struct
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from filelock import FileLock, Timeout

from shortlist.serving.limits.deadline import Deadline

COUNTERS = "counters"
BURST_S = 2.0
POLL_S = 0.02
BRIEFLY_S = 0.001
RATE_WAIT_S = 0.2
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
    """A bucket of tokens for each caller, whose name is fit for a file: `per_s` flow in, twice as many fit."""

    def __init__(self, shared: SharedLimits, per_s: float) -> None:
        self._shared = shared
        self._per_s = per_s

    def take(self, caller: str) -> float:
        """Take a token: 0, or the seconds until there is one. For a process that hangs with the lock nobody waits."""
        self._shared.folder.mkdir(exist_ok=True)
        path = self._shared.folder / f"rate-{caller}"
        try:
            with FileLock(f"{path}.lock", timeout=RATE_WAIT_S, poll_interval=BRIEFLY_S, thread_local=False):
                return self._taken(path)
        except Timeout:
            return 0.0

    def _taken(self, path: Path) -> float:
        full, now = max(1.0, BURST_S * self._per_s), monotonic()  # of the machine: alike in all its processes
        known = path.read_bytes() if path.exists() else b""
        tokens, since = BUCKET.unpack(known) if len(known) == BUCKET.size else (full, now)
        tokens = min(full, tokens + (now - since) * self._per_s)
        granted = tokens >= 1
        path.write_bytes(BUCKET.pack(tokens - granted, now))
        return 0.0 if granted else (1 - tokens) / self._per_s
