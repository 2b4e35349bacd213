"""The lane to the language model does not outlive its process."""

from __future__ import annotations

import subprocess
import sys

HANGS = """
import threading
from shortlist.core.config import ServeConfig
from shortlist.serving.limits.llm_queue import Lane
from shortlist.serving.limits.interprocess import Shared
from shortlist.serving.limits.deadline import Stop

lane, begun = Lane(ServeConfig(shutdown_s=0.2), Shared()), threading.Event()
running = lane.submit(lambda _stop: (begun.set(), threading.Event().wait()), Stop(60))
waiting = lane.submit(lambda _stop: None, Stop(60))
begun.wait()
lane.close()
print(running.running(), waiting.cancelled())
"""


def test_a_call_that_hangs_keeps_no_process_from_ending() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.split() == ["True", "True"]
