"""The queue for the language model does not keep a process from exiting."""

from __future__ import annotations

import subprocess
import sys

HANGS = """
import threading
from shortlist.core.config_sections.serving import ServeConfig
from shortlist.serving.limits.llm_queue import LlmQueue
from shortlist.serving.limits.interprocess import SharedLimits

from shortlist.serving.limits.llm_queue import QueueFull

queue, begun = LlmQueue(ServeConfig(shutdown_s=0.2, deadline_s=0.3), SharedLimits()), threading.Event()
running = queue.submit(lambda _: (begun.set(), threading.Event().wait()))
waiting = queue.submit(lambda _: None)
begun.wait()
queue.close()
for call in (waiting, running):
    try:
        call.result()
    except (QueueFull, TimeoutError) as error:
        print(type(error).__name__)
"""


def test_a_process_exits_while_a_call_hangs() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=300, check=True)
    assert ended.stdout.split() == ["QueueFull", "TimeoutError"]
