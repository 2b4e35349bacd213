"""Rebuild all derived state from the catalogue."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from shortlist.core.config import Config
from shortlist.engine.build import encoder_of
from shortlist.models.encoders.encoder_version import configured_name, encoder_version
from shortlist.retrieval.index.index import FOLDER
from shortlist.retrieval.index.indexer import update_index
from shortlist.store.home import Home
from shortlist.store.known_damage import remember
from shortlist.store.outbox import deliver


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The number of records written to Chroma and indexed at `revision`. `damaged` ones must be ingested again."""

    records: int
    revision: int
    damaged: tuple[str, ...] = ()


def rebuild(
    home: Home, config: Config, encoder: str | None = None, progress: Callable[[int], None] | None = None
) -> Rebuilt:
    """Rebuild Chroma, the indexes and the damaged caches of `home`.

    Everything is encoded again if the home's encoder differs from the one of `config` in weights or `max_chunks`, or,
    with `encoder`, in name. Damaged records are cleared so that they can be ingested again. After an interruption the
    next command that writes finishes the work.

    Raises `HomeLocked`, and, before anything changes: `HomeDamaged` if the catalogue cannot be read, `HomeVersion` if
    the encoder's name differs and `encoder` is not given, `UsageError` or `ModelMissing` if it cannot be loaded.
    """
    load, version = encoder_of(config), encoder_version(config.encoder, config.models)
    if not encoder and configured_name(home.encoder) != config.encoder.name:
        home.require_encoder(version)
    with home.writing("rebuilding"):
        if version != home.encoder:
            load()
            home.change_encoder(version)
        damaged = home.catalogue.integrity.clear_damaged()
        home.repair_caches()
        home.documents.reset()
        shutil.rmtree(home.path / FOLDER, ignore_errors=True)
        records = deliver(home, load, progress)
        revision = update_index(home, load).manifest.revision
        remember(home.path, {})
        return Rebuilt(records, revision, tuple(map(str, damaged)))
