"""Derived state, rebuilt from the catalogue."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from shortlist.app.build import encoder_of
from shortlist.core.config import Config
from shortlist.models.encoders.encoder_version import configured_name, encoder_version
from shortlist.retrieval.index.index import FOLDER
from shortlist.retrieval.index.indexer import update_index
from shortlist.store.home import Home
from shortlist.store.outbox import deliver


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Records written to Chroma and indexed at `revision`; `damaged` says which are to be ingested again."""

    records: int
    revision: int
    damaged: tuple[str, ...] = ()


def rebuild(
    home: Home, config: Config, encoder: str | None = None, progress: Callable[[int], None] | None = None
) -> Rebuilt:
    """Rebuild Chroma and the indexes of `home`, and whichever cache is damaged.

    With `encoder`, the one of `config`, all is encoded with it, as it is where the home's encoder has other weights or
    another `max_chunks` by now. Damaged records are made ready to be ingested again. Cut off at any moment, it goes on
    at the next start. Raises `HomeLocked`, `HomeDamaged` for a catalogue that cannot be read, and `HomeVersion` for
    another encoder that was not asked for, `UsageError` or `ModelMissing` for one that cannot be loaded, before
    anything is changed.
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
        return Rebuilt(records, update_index(home, load).manifest.revision, tuple(map(str, damaged)))
