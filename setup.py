"""Maps the folders of the repository to one package: `agent/` is installed as `shortlist.agent`, and so on.

Also builds the manual page from docs/cli.md. Everything else about the project is in pyproject.toml.
"""

import sys
from pathlib import Path

from setuptools import find_packages, setup

FOLDERS = (
    "agent", "app", "core", "engine", "eval", "ingest", "learning", "models", "ops", "prompts", "retrieval", "serving",
    "store",
)  # fmt: skip
PACKAGES = [name for folder in FOLDERS for name in (folder, *(f"{folder}.{inner}" for inner in find_packages(folder)))]
CLI, MAN_PAGE = Path("docs/cli.md"), Path("build/shortlist.1")
if CLI.exists():  # not in the images
    sys.path.append(str(Path(__file__).parent))
    from docs.man_page import man_page

    MAN_PAGE.parent.mkdir(exist_ok=True)
    MAN_PAGE.write_text(man_page(CLI.read_text(encoding="utf-8")), encoding="utf-8")

setup(
    data_files=[("share/man/man1", [str(MAN_PAGE)])] if CLI.exists() else [],
    packages=["shortlist", *(f"shortlist.{name}" for name in PACKAGES)],
    package_dir={"shortlist": "shortlist", **{f"shortlist.{folder}": folder for folder in FOLDERS}},
)
