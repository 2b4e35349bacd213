"""docs/python.md and examples/ run on the sample home as they are written."""

from __future__ import annotations

import ast
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SAYS = {
    "recommend.py": ("user_123, as usual:", "3. ", "Moon"),
    "add_your_videos.py": ("videos: 4 new", "ann: When is the loaf done?", "ben: Footprints on the Moon"),
    "langchain_retriever.py": ("Moon",),
}


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does: its value is that of the last line, if that is an expression."""
    cell = ast.parse(source)
    last = ast.Expression(cell.body.pop().value) if isinstance(cell.body[-1], ast.Expr) else None
    exec(compile(cell, "cell", "exec"), names)
    return None if last is None else eval(compile(last, "cell", "eval"), names)


@pytest.mark.usefixtures("folder")
def test_the_page_about_python(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert len(blocks) >= 8
    names: dict[str, Any] = {}
    for block in blocks:
        run_cell(block, names)
    printed = capsys.readouterr().out
    for said in (
        "1 ",
        "because",
        "in the video: {'start_s'",
        "2 new, 0 known before",
        "records:1",
        "did you mean user_",
    ):
        assert said in printed


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "examples").glob("*.py")))
@pytest.mark.usefixtures("folder")
def test_a_script(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
    printed = capsys.readouterr().out
    for said in SAYS[name]:
        assert said in printed


@pytest.mark.usefixtures("folder")
def test_the_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    cells = json.loads((ROOT / "examples/tour.ipynb").read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    names: dict[str, Any] = {}
    values = {cell["id"]: run_cell("".join(cell["source"]), names) for cell in code}
    assert list(values["recommend"].columns) == ["title", "score", "reason", "evidence"]
    assert [len(values[table]) for table in ("recommend", "wish", "search")] == [5, 5, 3]
    assert "fusion" in set(values["stages"]["stage"])
    assert values["langchain"]["rank"] == 1
    assert "Descaling a kettle" in capsys.readouterr().out
