"""What deploy/ repeats of the rest of the project is the same there."""

from __future__ import annotations

import re
import runpy

from shortlist.app.settings import settings_of
from shortlist.core.config import Config
from tests.deploy.conftest import ROOT

DEPLOY = ROOT / "deploy"


def test_every_variable_is_a_setting() -> None:
    known = {f"SHORTLIST_{name.upper().replace('.', '__')}" for name, _ in settings_of(Config())}
    sources = [*DEPLOY.rglob("*.py"), DEPLOY / "aws" / "pipelines.json", DEPLOY / "image" / "Dockerfile"]
    used = {name for path in sources for name in re.findall(r"SHORTLIST_[A-Z_]+\b", path.read_text())}
    assert len(used) > 3
    assert used <= known


def test_the_pipelines_and_feature_groups_of_the_stack_are_those_of_the_steps_and_views() -> None:
    """If this fails: `.venv/bin/python deploy/aws/write_definitions.py`."""
    files = runpy.run_path(str(DEPLOY / "aws" / "write_definitions.py"))["files"]()
    assert {path.name for path in files} == {"pipelines.json", "feature_groups.json"}
    for path, text in files.items():
        assert path.read_text() == text


def test_the_runtime_client_of_the_tests_is_that_of_the_image() -> None:
    pinned = re.compile(r"awslambdaric==\S+")
    tests, image = (pinned.findall(path.read_text()) for path in (ROOT / "Makefile", DEPLOY / "image" / "Dockerfile"))
    assert len(image) == 1
    assert tests == image


def test_every_folder_of_the_package_is_in_the_image() -> None:
    folders = re.search(r"FOLDERS = \((.*?)\)", (ROOT / "setup.py").read_text(), re.DOTALL)
    assert folders
    wanted = {f"!{name}" for name in re.findall(r'"(\w+)"', folders[1])}
    assert "!serving" in wanted
    assert wanted <= set((ROOT / ".dockerignore").read_text().splitlines())
