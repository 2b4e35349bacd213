"""The wheel: what is in it, and that it runs while another project has packages called `app` and `core`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "agent",
    "app",
    "core",
    "engine",
    "eval",
    "ingest",
    "learning",
    "models",
    "ops",
    "prompts",
    "retrieval",
    "serving",
    "store",
    "shortlist",
)
FILES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "docs/cli.md", "docs/man_page.py")
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built in a copy of it."""
    [required] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    if int(version("setuptools").split(".")[0]) < int(required.removeprefix("setuptools>=")):
        pytest.skip(f"the wheel is built by {required}, which is not installed")
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        (source / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, source / file)
    subprocess.run([sys.executable, "-c", BUILD, str(built)], cwd=source, check=True, capture_output=True)
    [made] = built.glob("*.whl")
    return made


def test_the_wheel_holds_one_package_with_all_its_files(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name and ".data/" not in name}
        [top_level] = [name for name in archive.namelist() if name.endswith("top_level.txt")]
        assert archive.read(top_level).decode().split() == ["shortlist"]
    packaged = (".py", ".toml", ".md", ".css", ".html", ".js", ".npz", ".svg")
    expected = set()
    for folder in FOLDERS:
        inner = "shortlist" if folder == "shortlist" else f"shortlist/{folder}"
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in packaged and path.name != "README.md":
                expected.add(f"{inner}/{path.relative_to(ROOT / folder).as_posix()}")
    assert packed == expected


def test_the_wheel_has_a_manual_page_of_all_commands(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [page] = [name for name in archive.namelist() if name.endswith(".data/data/share/man/man1/shortlist.1")]
        text = archive.read(page).decode()
    commands = re.findall("^## (.+)$", (ROOT / "docs/cli.md").read_text("utf-8"), re.MULTILINE)
    assert [f".SS {command}".replace("-", r"\-") for command in commands] == re.findall("^.SS .+$", text, re.MULTILINE)


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The command of a new environment with the wheel, which sees the dependencies of this environment."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    python = environment / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True)
    # A path in a .pth file is searched, but the .pth files in it, such as that of an editable install, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment / "bin/shortlist"


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """The folder of another project, with packages called as our folders that cannot be imported."""
    for name in ("app", "core", "store"):
        (tmp_path / "foreign" / name).mkdir(parents=True)
        (tmp_path / "foreign" / name / "__init__.py").write_text(
            f"raise RuntimeError('the other {name} was imported')\n"
        )
    return tmp_path / "foreign"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_installed_command_runs_beside_another_app(installed: Path, foreign: Path, sample_home: Path) -> None:
    shutil.copytree(sample_home, foreign / "chroma_db")
    (foreign / "shortlist.toml").write_text("[llm]\nthreads = 1\n")
    environ = {**os.environ, "PYTHONPATH": str(foreign)}

    def command(*words: str) -> Any:
        done = subprocess.run(
            [installed, *words], cwd=foreign, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in words else done.stdout

    assert "recommend" in command("--help")
    settings = command("config", "--json")
    assert settings["home"] == {"value": "chroma_db", "origin": "default: chroma_db in the current folder"}
    assert settings["llm.threads"] == {"value": 1, "origin": "file shortlist.toml"}
    assert len(command("search", "night train", "-k", "3", "--json")["hits"]) == 3
    where = [str(installed.parent / "python"), "-c", "import shortlist; print(shortlist.__file__)"]
    found = subprocess.run(where, cwd=foreign, env=environ, capture_output=True, text=True, check=True).stdout
    assert Path(found.strip()).is_relative_to(installed.parents[1])
