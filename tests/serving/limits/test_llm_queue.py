"""The lane to the language model does not outlive its process."""

from __future__ import annotations

import subprocess
import sys

HANGS = """
import threading
from shortlist.core.config import ServeConfig
from shortlist.serving.limits.llm_queue import LlmQueue
from shortlist.serving.limits.interprocess import SharedLimits
from shortlist.serving.limits.deadline import Deadline

lane, begun = LlmQueue(ServeConfig(shutdown_s=0.2), SharedLimits()), threading.Event()
running = lane.submit(lambda _stop: (begun.set(), threading.Event().wait()), Deadline(60))
waiting = lane.submit(lambda _stop: None, Deadline(60))
begun.wait()
lane.close()
print(running.running(), waiting.cancelled())
"""


def test_a_call_that_hangs_keeps_no_process_from_ending() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.split() == ["True", "True"]
