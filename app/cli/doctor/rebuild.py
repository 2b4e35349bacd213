"""`shortlist doctor rebuild`: rebuild all derived state from the catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.app.cli.ingest.update_index import merge_index
from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, settings
from shortlist.app.cli.terminal.output import say

SOME_DAMAGED = 1


def rebuild(
    context: typer.Context,
    encoder: Annotated[str | None, typer.Option("--encoder", help="Encode everything with another encoder.")] = None,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Rebuild Chroma and the indexes from the catalogue. With --encoder, encode every text again.

    Damaged records are listed so that you can ingest them again. The exit code is 1 then.

    Example: shortlist doctor rebuild
    """
    configured = settings(context, home, config).encoder.name
    chosen = settings(context, home, config, **({"encoder": {"name": encoder}} if encoder else {}))
    from shortlist.app.cli.terminal.output import print_json, print_remark, progress_bar
    from shortlist.app.rebuild import rebuild as rebuild_home
    from shortlist.engine.build import open_home

    with open_home(chosen, any_encoder=True) as store:
        counts = store.catalogue.content_counts()
        with progress_bar("encoding", counts.videos + counts.articles, quiet=as_json) as progress:
            result = rebuild_home(store, chosen, encoder, progress)
        merge_index(store)
    if as_json:
        print_json({"records": result.records, "revision": result.revision, "damaged": list(result.damaged)})
    else:
        say(f"{result.records:,} records written to Chroma and indexed at revision {result.revision}")
    if encoder and encoder != configured:
        print_remark(f'the home now uses {encoder}: set encoder.name = "{encoder}" in your configuration')
    if result.damaged:
        for record in result.damaged:
            print_remark(f"{record}: ingest it again")
        raise typer.Exit(SOME_DAMAGED)
