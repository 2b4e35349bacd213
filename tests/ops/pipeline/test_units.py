"""The systemd units that are shipped, checked by systemd."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shortlist.ops.data.inbox import FILE_KINDS

UNITS = Path(__file__).parents[3] / "docs" / "systemd"


@pytest.mark.servers
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd is not installed")
    for unit in UNITS.iterdir():
        text = re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run([verify, "verify", "--man=no", *files], capture_output=True, text=True, check=False)
    about_ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "shortlist" in line]
    assert (done.returncode, about_ours) == (0, []), done.stderr


def test_the_path_unit_watches_every_kind() -> None:
    watched = re.findall(r"PathModified=\S+/incoming/(\w+)", (UNITS / "shortlist-pipeline.path").read_text())
    assert sorted(watched) == sorted(FILE_KINDS)
