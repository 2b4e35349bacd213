"""A run whose process is killed takes its current step with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = (
    "import sys; from pathlib import Path; from shortlist.app.pipeline import execute_with\n"
    "from shortlist.core.config import Config\n"
    "execute_with(Config(home=Path(sys.argv[1])))(['ops', 'pipeline', 'watch'])"  # a command that never ends
)


@pytest.mark.servers
def test_a_step_ends_when_its_run_is_killed(folder: Path) -> None:
    folder.mkdir()
    log = folder / "pipeline.log"
    os.mkfifo(log)
    run = subprocess.Popen([sys.executable, "-c", RUN, str(folder)])
    with log.open() as said:
        assert any(line.startswith("watching") for line in said)
        run.kill()
        run.wait()
        said.read()  # ends when the step, too, has closed the log
