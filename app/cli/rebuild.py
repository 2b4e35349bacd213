"""`shortlist rebuild`: derived state, made anew from the catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.app.cli.ingest.update_index import merge_index
from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, settings
from shortlist.app.cli.terminal.output import say

SOME_DAMAGED = 1


def rebuild(
    context: typer.Context,
    encoder: Annotated[str | None, typer.Option("--encoder", help="Give the home another encoder.")] = None,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Make Chroma and the indexes anew from the catalogue, and encode everything with --encoder if given.

    Records that are damaged are listed; ingest them again. The exit code is 1 then.

    Example: shortlist rebuild
    """
    configured = settings(context, home, config).encoder.name
    chosen = settings(context, home, config, **({"encoder": {"name": encoder}} if encoder else {}))
    from shortlist.app.build import open_home
    from shortlist.app.cli.terminal.output import print_json, print_remark, progress_bar
    from shortlist.app.rebuild import rebuild as make_anew

    with open_home(chosen, any_encoder=True) as store:
        counts = store.catalogue.content_counts()
        with progress_bar("encoding", counts.videos + counts.articles, quiet=as_json) as progress:
            done = make_anew(store, chosen, encoder, progress)
        merge_index(store)
    if as_json:
        print_json({"records": done.records, "revision": done.revision, "damaged": list(done.damaged)})
    else:
        say(f"{done.records:,} records written to Chroma and indexed at revision {done.revision}")
    if encoder and encoder != configured:
        print_remark(f'the home now belongs to {encoder}: set encoder.name = "{encoder}" in your configuration')
    if done.damaged:
        for one in done.damaged:
            print_remark(f"{one}: ingest it again")
        raise typer.Exit(SOME_DAMAGED)
