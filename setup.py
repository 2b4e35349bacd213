"""Maps the folders of the repository to one package: `agent/` is installed as `shortlist.agent`, and so on.

Everything else about the project is in pyproject.toml.
"""

from setuptools import find_packages, setup

FOLDERS = (
    "agent", "app", "core", "engine", "eval", "ingest", "learning", "models", "ops", "prompts", "retrieval", "serving",
    "store",
)  # fmt: skip
PACKAGES = [name for folder in FOLDERS for name in (folder, *(f"{folder}.{inner}" for inner in find_packages(folder)))]

setup(
    packages=["shortlist", *(f"shortlist.{name}" for name in PACKAGES)],
    package_dir={"shortlist": "shortlist", **{f"shortlist.{folder}": folder for folder in FOLDERS}},
)
