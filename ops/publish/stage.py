"""Collect the files of a snapshot in a folder, while the home cannot change."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from shortlist.retrieval.index.cowatch_file import NAME as COWATCH
from shortlist.retrieval.index.cowatch_file import load_links
from shortlist.retrieval.index.index import FOLDER as INDEXES
from shortlist.retrieval.index.indexer import update_index
from shortlist.retrieval.index.manifest import MANIFEST
from shortlist.retrieval.trained.versions import FOLDER as TRAINED
from shortlist.retrieval.trained.versions import REMEDY
from shortlist.store.embed import LoadEncoder
from shortlist.store.home import Home
from shortlist.store.home_files import CATALOGUE
from shortlist.store.registry.decisions import FILE, NO_MODELS
from shortlist.store.registry.folder_registry import TRACES, FolderRegistry
from shortlist.store.registry.signature import MANIFEST as SIGNATURE

# Nothing that answers need: what readers were shown and said in chats, and where files are on this machine.
LEFT_OUT = ("exposures", "messages", "steps", "locations")


def stage(home: Home, folder: Path, encoder: LoadEncoder, cowatch_top: int | None) -> None:
    """Write the files of a snapshot of `home` into `folder`, which is new and on the same disk. Index new items first.

    Large files are linked, not copied: they are never changed in place. Raises `HomeLocked` if another process writes,
    and `HomeDamaged` if the trained models in use are damaged.
    """
    with home.writing("publishing"):
        index = update_index(home, encoder)
        load_links(home, home.path / INDEXES, cowatch_top)
        segments = (f"{entry.name}/{name}" for entry in index.manifest.entries for name in entry.files)
        for name in (MANIFEST, COWATCH, *segments):
            _link(home.path / INDEXES / name, folder / INDEXES / name)
        for registry in registries(home.path / TRAINED):
            _stage_version(registry, home.path, folder)
        if home.servers.catalogue is None:
            copy_catalogue(home.path / CATALOGUE, folder / CATALOGUE)


def copy_catalogue(source: Path, target: Path) -> None:
    """Copy the newest state of the catalogue, page by page, so that pages that did not change stay where they are.

    The rows of the tables in `LEFT_OUT` are overwritten with zeros.
    """
    with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(target, isolation_level=None)) as after:
        before.backup(after)
        after.execute("PRAGMA journal_mode = DELETE")
        after.execute("PRAGMA secure_delete = ON")
        after.execute("BEGIN")
        for table in LEFT_OUT:
            after.execute(f"DELETE FROM {table}")
        after.execute("COMMIT")


def registries(trained: Path) -> list[Path]:
    """Return the folders of registries in `trained` and below: that of the home's models, and that of its students."""
    return sorted(path.parent for path in trained.glob(f"**/{FILE}"))


def _stage_version(registry: Path, home: Path, folder: Path) -> None:
    """Link the version in use, without its signature: only the home that made it can check that. Check it first."""
    versions = FolderRegistry(registry, REMEDY)
    version = versions.champion()
    if version == NO_MODELS:
        return
    place = versions.open(version)
    for path in sorted(place.rglob("*")):
        if path.is_file() and path.name not in (SIGNATURE, TRACES):
            _link(path, folder / path.relative_to(home))
    _link(registry / FILE, folder / (registry / FILE).relative_to(home))


def _link(source: Path, target: Path) -> None:
    if not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
