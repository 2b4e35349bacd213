"""Build what unattended runs need: the workplace of arriving files, and the processes of the steps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shortlist.core.config import Config
from shortlist.core.errors import ServiceError
from shortlist.store.home import Home

if TYPE_CHECKING:
    from shortlist.ops.data.inbox import Inbox
    from shortlist.ops.data.workplace import Workplace
    from shortlist.ops.pipeline.runner import Ended, Execute

LOG = "pipeline.log"
# A step has the reading end of a pipe whose writing end only this process has: it ends when this process is gone.
START = "from shortlist.app.pipeline import end_with_run; end_with_run(); from shortlist.app.cli.main import run; run()"


@contextmanager
def open_workplace(home: Home, config: Config) -> Iterator[Workplace]:
    """Open the inbox and the ledger of `home`. Raises `ServiceError` if the extra is not installed."""
    require_ops()
    from shortlist.engine.build import encoder_of, transcriber_of
    from shortlist.ingest.media.pipeline import Models
    from shortlist.ops.data.ledger import Ledger
    from shortlist.ops.data.workplace import Workplace

    ledger = Ledger(home.path)
    try:
        yield Workplace(home, config, open_inbox(config), ledger, Models(transcriber_of(config), encoder_of(config)))
    finally:
        ledger.close()


def open_inbox(config: Config) -> Inbox:
    """Open the inbox of the settings: `pipeline.folder`, or the home."""
    from shortlist.core.object_storage import SCHEME
    from shortlist.ingest.media.s3 import s3_client
    from shortlist.ops.data.inbox import LocalInbox

    folder = config.pipeline.folder
    if folder is not None and folder.startswith(SCHEME):
        client = s3_client(config.media)  # raises if boto3 is not installed
        from shortlist.ops.data.s3_inbox import S3Inbox

        return S3Inbox(folder, client)
    return LocalInbox(config.home if folder is None else Path(folder).expanduser(), config.pipeline.settle_s)


def execute_with(config: Config) -> Execute:
    """Return a function that runs a `shortlist` command on the home of `config` in a process of its own.

    What it prints goes to pipeline.log of the home, which is replaced by the next command. If this process is killed,
    the command is killed as well.
    """
    from shortlist.ops.pipeline.runner import Ended

    log = config.home / LOG

    def execute(command: Sequence[str]) -> Ended:
        began = time.monotonic()
        with log.open("wb") as output, _pipe() as alive:
            words = [sys.executable, "-c", START, str(alive), *command, "--home", str(config.home)]
            process = subprocess.Popen(  # noqa: S603
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=(alive,)
            )
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        peak = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
        cpu = usage.ru_utime + usage.ru_stime
        return Ended(
            process.returncode,
            said[-1].removeprefix("shortlist: ") if said else "",
            time.monotonic() - began,
            cpu,
            peak,
        )

    return execute


def end_with_run() -> None:
    """Kill this process, a step, when its run is gone. Take the pipe that tells from the command line."""
    threading.Thread(target=_kill_after, args=(int(sys.argv.pop(1)),), daemon=True).start()


def _kill_after(alive: int) -> None:
    os.read(alive, 1)  # nothing is ever written: it returns at the end of the pipe
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _pipe() -> Iterator[int]:
    """Open a pipe and yield its reading end. The writing end is closed with the block, or with this process."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


def require_ops() -> None:
    """Raise `ServiceError` if polars is not installed."""
    from importlib.util import find_spec

    if find_spec("polars") is None:
        raise ServiceError(
            "the packages of the pipeline are not installed",
            expected="polars, which computes features and drift",
            found="none",
            remedy="run `pip install 'shortlist[ops]'`",
        )
