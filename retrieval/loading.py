"""From a home to what is searched: its index files, brought up to date first."""

from __future__ import annotations

import logging
from collections.abc import Callable

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import HomeDamaged, HomeLocked
from shortlist.retrieval.catch_up import catch_up
from shortlist.retrieval.cowatch_file import load_links
from shortlist.retrieval.index import FOLDER, Index, open_index
from shortlist.retrieval.manifest import Manifest, read_manifest
from shortlist.retrieval.snapshot import Snapshot
from shortlist.store.failures import os_error
from shortlist.store.home import Home

log = logging.getLogger(__name__)


def load_snapshot(
    home: Home, config: RetrievalConfig | None = None, progress: Callable[[int], None] | None = None
) -> Snapshot:
    """The snapshot of `home` at the revision up to which its documents are delivered.

    Items that the index files lack are added first; `progress` gets the number just added. While another process
    holds the writer lock, the last complete index is used and a note says how far it is behind. Files that are
    damaged or foreign, or know a catalogue that a backup has replaced, are made anew. What was removed since the
    index's revision is left out. Raises `HomeLocked` where another process writes and there is no usable index,
    `StateError` where the files cannot be written.
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


def put_back(home: Home) -> bool:
    """Whether the index knows more than the catalogue: a backup was put back, or a power cut took the last changes.

    The catalogue notes how far the index follows before the index does. Revisions alone would not tell: after a backup
    was put back they are given out again.
    """
    try:
        return _knows_more(home, read_manifest(home.path / FOLDER, home.home_id, home.encoder))
    except HomeDamaged:
        return False


def _knows_more(home: Home, manifest: Manifest) -> bool:
    return manifest.revision > home.catalogue.indexed(manifest.id)


def _usable(home: Home) -> Index | None:
    try:
        index = open_index(home.path / FOLDER, home.home_id, home.encoder)
    except HomeDamaged as error:
        log.info("the index is made anew: %s", error)
        return None
    if _knows_more(home, index.manifest):
        log.info("the index is made anew: it is newer than the catalogue")
        return None
    return index


def _caught_up(home: Home, index: Index | None, progress: Callable[[int], None] | None) -> Index:
    try:
        with home.writing("indexing"):
            return catch_up(home, _usable(home), progress)
    except HomeLocked:
        if index is None or not index.parts:
            raise
        return index
    except OSError as error:
        raise os_error(home.path / FOLDER, error) from error
