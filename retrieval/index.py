"""The index files of a home: opening them, and bringing them up to date first."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.config import RetrievalConfig
from core.errors import HomeDamaged, HomeLocked
from core.types import Kind
from retrieval.checksums import first_changed
from retrieval.cowatch_file import load_links
from retrieval.manifest import REMEDY, Manifest, read_manifest
from retrieval.segment import Part
from retrieval.segment_files import map_segment
from retrieval.snapshot import Snapshot
from store.failures import os_error
from store.home import Home

FOLDER = "indexes"
_TRIES = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """A manifest and its mapped segments, `parts[i]` for `manifest.entries[i]`."""

    manifest: Manifest
    parts: tuple[Part, ...] = ()

    def of_kind(self, kind: Kind) -> tuple[Part, ...]:
        """The parts that hold items of `kind`, oldest first."""
        return tuple(part for part in self.parts if part.segment.kind == kind)


def load_snapshot(
    home: Home, config: RetrievalConfig | None = None, progress: Callable[[int], None] | None = None
) -> Snapshot:
    """The snapshot of `home` at the revision up to which its documents are delivered.

    Items that the index files lack are added first; `progress` gets the number just added. While another process
    holds the writer lock, the last complete index is used and a note says how far it is behind. Files that are
    damaged or foreign are made anew. What was removed since the index's revision is left out. Raises `HomeLocked` where
    another process writes and there is no usable index, `StateError` where the files cannot be written.
    """
    config = config or RetrievalConfig()
    index = _usable(home)
    if index is None or index.manifest.revision < home.catalogue.delivered():
        index = _caught_up(home, index, progress)
    with home.catalogue.snapshot():
        behind = home.catalogue.changed_since(index.manifest.revision)
        gone = [video_id for _, video_id in home.catalogue.iter_removed(index.manifest.revision)]
        popular = home.catalogue.popularity(config.popular_half_life_days)
        links = load_links(home, home.path / FOLDER)
    note = f"{behind} changed items are not searchable yet: an ingest is running or was interrupted"
    return Snapshot(
        home.home_id,
        index.manifest.revision,
        tuple(part.without(gone) for part in index.of_kind("video")),
        index.of_kind("article"),
        popular,
        (note,) if behind else (),
        links,
    )


def open_index(folder: Path, home_id: str, encoder: str) -> Index:
    """The index in `folder`, mapped; an empty one where there is none.

    Raises `HomeDamaged` where files are unreadable, do not fit, or are those of another home or encoder.
    """
    for _ in range(_TRIES):
        manifest = read_manifest(folder, home_id, encoder)
        try:
            return Index(manifest, tuple(Part.of(map_segment(folder, entry), entry.dead) for entry in manifest.entries))
        except FileNotFoundError as error:
            missing = error.filename  # a writer replaced the manifest and removed old folders since it was read
    raise HomeDamaged("incomplete index", expected="all files of the manifest", found=f"no {missing}", remedy=REMEDY)


def changed_files(folder: Path, index: Index) -> list[str]:
    """The first file of each segment that is not what was written, after reading all."""
    found = (
        (entry.name, first_changed(folder / entry.name, entry.files, thorough=True)) for entry in index.manifest.entries
    )
    return [f"{name}/{file} is not what was written" for name, file in found if file]


def _usable(home: Home) -> Index | None:
    try:
        return open_index(home.path / FOLDER, home.home_id, home.encoder)
    except HomeDamaged as error:
        log.info("the index is made anew: %s", error)
        return None


def _caught_up(home: Home, index: Index | None, progress: Callable[[int], None] | None) -> Index:
    from retrieval.catch_up import catch_up

    try:
        with home.writing("indexing"):
            return catch_up(home, _usable(home), progress)
    except HomeLocked:
        if index is None or not index.parts:
            raise
        return index
    except OSError as error:
        raise os_error(home.path / FOLDER, error) from error
