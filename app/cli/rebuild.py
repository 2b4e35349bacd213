"""`shortlist rebuild`: derived state, made anew from the catalogue."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from app.cli.options import ConfigFile, HomeDir, settings


def rebuild(
    context: typer.Context,
    encoder: Annotated[str | None, typer.Option("--encoder", help="Give the home another encoder.")] = None,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Make Chroma and the indexes anew from the catalogue, and encode everything with --encoder if given.

    Example: shortlist rebuild
    """
    overrides = {"encoder": {"name": encoder}} if encoder else {}
    chosen = settings(context, home, config, **overrides)
    from app.build import encoder_of, open_home
    from app.cli.output import progress_bar
    from retrieval.index import FOLDER, load_snapshot
    from store.home import Home
    from store.outbox import deliver

    with Home.open(chosen.home) if encoder else open_home(chosen) as store, store.writing("rebuilding"):
        if encoder and encoder != store.encoder:
            store.change_encoder(encoder)
        else:
            store.documents.reset()
        shutil.rmtree(store.path / FOLDER, ignore_errors=True)
        counts = store.catalogue.counts()
        with progress_bar("encoding", counts.videos + counts.articles) as progress:
            delivered = deliver(store, encoder_of(chosen), progress)
        snapshot = load_snapshot(store, chosen.retrieval)
    typer.echo(f"{delivered:,} records written to Chroma and indexed at revision {snapshot.revision}")
