from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"
SCRIPTS = [path for path in FOLDER.rglob("*.py") if '"__main__"' in path.read_text("utf-8")]
NAMES = sorted(".".join(path.relative_to(FOLDER).with_suffix("").parts) for path in SCRIPTS)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_starts_as_its_help_says(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"python -m benchmarks.{name}" in shown


def test_make_bench_runs_benchmarks_that_there_are() -> None:
    command = ["make", "-n", "bench", f"SHORTLIST_BENCH_DATA={ROOT}"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [names] = re.findall(r"for name in ([\w. ]+);", shown)
    assert set(names.split()) <= set(NAMES)
