"""`shortlist doctor rebuild`: rebuild all derived state from the catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.ingest.update_index import merge_index
from shortlist.app.cli.terminal.output import print_remark, progress_bar
from shortlist.app.rebuild import rebuild as rebuild_home
from shortlist.engine.build import open_home

SOME_DAMAGED = 1


@command()
def rebuild(
    call: Call,
    encoder: Annotated[str | None, typer.Option("--encoder", help="Encode everything with another encoder.")] = None,
) -> None:
    """Rebuild Chroma and the indexes from the catalogue. With --encoder, encode every text again.

    Damaged records are listed so that you can ingest them again. The exit code is 1 then.

    Example: shortlist doctor rebuild
    """
    configured = call.config.encoder.name
    chosen = call.settings(**({"encoder": {"name": encoder}} if encoder else {}))
    with open_home(chosen, any_encoder=True) as store:
        counts = store.catalogue.content_counts()
        with progress_bar("encoding", counts.videos + counts.articles, quiet=call.as_json) as progress:
            result = rebuild_home(store, chosen, encoder, progress)
        merge_index(store)
    call.show(
        {"records": result.records, "revision": result.revision, "damaged": list(result.damaged)},
        [f"{result.records:,} records written to Chroma and indexed at revision {result.revision}"],
    )
    if encoder and encoder != configured:
        print_remark(f'the home now uses {encoder}: set encoder.name = "{encoder}" in your configuration')
    if result.damaged:
        for record in result.damaged:
            print_remark(f"{record}: ingest it again")
        raise typer.Exit(SOME_DAMAGED)
