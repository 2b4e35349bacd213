"""Build the wheel of a plugin from its files, and install it into a folder for PYTHONPATH."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
PROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "shortlist-{name}"
version = "{version}"

[project.entry-points."shortlist.plugins"]
{name} = "shortlist_{name}:register"

[tool.setuptools]
py-modules = ["shortlist_{name}"]
"""


def write_project(folder: Path, name: str, source: str, version: str = "1.2") -> Path:
    """Write the project of the plugin `name`, a module with the text `source`, and return its folder."""
    project = folder / name
    project.mkdir(parents=True)
    (project / "pyproject.toml").write_text(PROJECT.format(name=name, version=version))
    (project / f"shortlist_{name}.py").write_text(source)
    return project


def install(project: Path, site: Path) -> None:
    """Build the wheel of `project` and install it into the folder `site`."""
    wheels = project / "wheels"
    wheels.mkdir()
    subprocess.run([sys.executable, "-c", BUILD, str(wheels)], cwd=project, check=True, capture_output=True)
    [wheel] = wheels.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)


def site_of(folder: Path, plugins: Mapping[str, str]) -> Path:
    """Install plugins with these sources by name, and return the folder for PYTHONPATH."""
    site = folder / "site"
    for name, source in plugins.items():
        install(write_project(folder, name, source), site)
    return site
