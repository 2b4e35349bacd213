"""`shortlist ops simulate`: create readers with a known taste, for demos and evaluation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, settings
from shortlist.app.cli.terminal.output import say


def simulate(
    context: typer.Context,
    readers: Annotated[int, typer.Option("--readers", help="How many readers.", min=1)] = 100,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same readers.")] = 0,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Create readers with a known taste, and the events of their watching and reading in this home.

    Example: shortlist ops simulate --readers 1000 --seed 7
    """
    chosen = settings(context, home, config)
    from shortlist.app.cli.terminal.output import print_json, progress_bar
    from shortlist.engine.build import open_home, repair
    from shortlist.ingest.simulate.simulate import simulate as simulate_readers

    with open_home(chosen) as store, progress_bar("simulating", readers, quiet=as_json) as progress:
        repair(store, chosen)
        result = simulate_readers(store, readers, seed, datetime.now(UTC), progress)
    if as_json:
        print_json({"readers": result.readers, "events": result.events, "tastes": str(result.tastes)})
        return
    say(f"{result.readers:,} readers with {result.events:,} events; their tastes are written to {result.tastes}")
