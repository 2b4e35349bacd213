"""`shortlist ops simulate`: create readers with a known taste, for demos and evaluation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import progress_bar
from shortlist.engine.build import repair
from shortlist.ingest.simulate.simulate import simulate as simulate_readers


@command()
def simulate(
    call: Call,
    readers: Annotated[int, typer.Option("--readers", help="How many readers.", min=1)] = 100,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same readers.")] = 0,
) -> None:
    """Create readers with a known taste, and the events of their watching and reading in this home.

    Example: shortlist ops simulate --readers 1000 --seed 7
    """
    with call.open_home() as store, progress_bar("simulating", readers, quiet=call.as_json) as progress:
        repair(store, call.config)
        result = simulate_readers(store, readers, seed, datetime.now(UTC), progress)
    line = f"{result.readers:,} readers with {result.events:,} events; their tastes are written to {result.tastes}"
    call.show({"readers": result.readers, "events": result.events, "tastes": str(result.tastes)}, [line])
