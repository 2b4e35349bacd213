"""`shortlist --help` answers quickly, because it imports no heavy package."""

from __future__ import annotations

import subprocess
import sys

SLOW = ("numpy", "pydantic", "rich", "sqlalchemy", "torch", "pyarrow", "chromadb")


def test_help_imports_no_slow_package() -> None:
    code = (
        "import sys, shortlist.app.cli.main as main; main.command().main(['--help'], standalone_mode=False); "
        f"print([name for name in {SLOW} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
