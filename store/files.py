"""The names of the files of a home, and the test whether a folder is one."""

from __future__ import annotations

from pathlib import Path

CATALOGUE = "catalogue.sqlite3"
ANSWERS = "answers.sqlite3"
VECTORS = "vectors.sqlite3"
CHROMA = "chroma"


def is_home(folder: Path) -> bool:
    """Whether `folder` holds any file of a home; with the catalogue on a server, only the others are there."""
    return any((folder / name).exists() for name in (CATALOGUE, CHROMA, VECTORS, ANSWERS))
