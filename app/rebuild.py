"""Derived state, made anew from the catalogue."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from app.build import encoder_of
from core.config import Config
from retrieval.index import FOLDER
from retrieval.loading import load_snapshot
from store.home import Home
from store.outbox import deliver


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Records written to Chroma and indexed at `revision`; `damaged` says which are to be ingested again."""

    records: int
    revision: int
    damaged: tuple[str, ...] = ()


def rebuild(
    home: Home, config: Config, encoder: str | None = None, progress: Callable[[int], None] | None = None
) -> Rebuilt:
    """Make Chroma and the indexes of `home` anew, and whichever cache is damaged; with `encoder`, encode all with it.

    Damaged records are made ready to be ingested again. Cut off at any moment, it goes on at the next start. Raises
    `HomeLocked`, `HomeDamaged` for a catalogue that cannot be read, and `UsageError` or `ModelMissing` for an encoder
    that cannot be loaded, before anything is changed.
    """
    load = encoder_of(config)
    with home.writing("rebuilding"):
        if encoder and encoder != home.encoder:
            load()
            home.change_encoder(encoder)
        damaged = home.catalogue.clear_damaged()
        home.drop_damaged_caches()
        home.documents.reset()
        shutil.rmtree(home.path / FOLDER, ignore_errors=True)
        records = deliver(home, load, progress)
        return Rebuilt(records, load_snapshot(home, config.retrieval).revision, tuple(map(str, damaged)))
