"""Imports are at the top of the modules of app/, but for packages that are not always installed or are slow."""

from __future__ import annotations

import ast
from pathlib import Path

APP = Path(__file__).parents[2] / "app"
MOST = 60


def test_few_imports_are_inside_functions() -> None:
    found = {
        f"{path.relative_to(APP)}:{node.lineno}"
        for path in APP.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert len(found) <= MOST, sorted(found)
