"""Runs work in a forked process, which may be killed before it changes a certain file."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

CHANGES = {"os.rename", "os.mkdir", "os.rmdir", "shutil.rmtree"}


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a child process and return its wait status."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def killed_before(work: Callable[[], object], is_end: Callable[[str, str], bool]) -> bool:
    """Return whether a child that runs `work` was killed. See `kill_before`."""

    def run() -> None:
        kill_before(is_end)
        work()

    return os.WIFSIGNALED(in_child(run))


def kill_before(is_end: Callable[[str, str], bool]) -> None:
    """Kill this process before its first change of a file for which `is_end(event, path)` is True.

    The event is "open" (for writing), "os.rename", "os.mkdir", "os.rmdir" or "shutil.rmtree".
    """

    def kill(event: str, given: tuple[Any, ...]) -> None:
        changes = event in CHANGES or (event == "open" and "w" in str(given[1]))
        if changes and is_end(event, str(given[0])):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
