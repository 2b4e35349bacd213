"""`shortlist ops pipeline arrive`, `validate`, `ingest`, `arrivals` and `accept`: the way of a file into the home."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, open_or_create, settings
from shortlist.app.cli.terminal.output import say

if TYPE_CHECKING:
    from shortlist.core.config import Config
    from shortlist.ops.data.ledger import Arrival
    from shortlist.ops.data.workplace import Workplace

Number = Annotated[int, typer.Argument(help="The number of a refused file.", metavar="NUMBER")]
Limit = Annotated[int, typer.Option("--limit", help="At most this many, the newest.", min=1, metavar="N")]


def arrive(context: typer.Context, as_json: AsJson = False, home: HomeDir = None, config: ConfigFile = None) -> None:
    """Take complete files from incoming/, each content once. The first step of the pipeline.

    Example: shortlist ops pipeline arrive
    """
    from shortlist.ops.data.arrivals import take_arrivals

    _run(take_arrivals, settings(context, home, config), as_json)


def validate(context: typer.Context, as_json: AsJson = False, home: HomeDir = None, config: ConfigFile = None) -> None:
    """Check the files that were taken. Bad rows go to quarantine/, bad files to failed/.

    Example: shortlist ops pipeline validate
    """
    from shortlist.ops.data.arrivals import validate_arrivals

    _run(validate_arrivals, settings(context, home, config), as_json)


def ingest(context: typer.Context, as_json: AsJson = False, home: HomeDir = None, config: ConfigFile = None) -> None:
    """Store the files that passed, and make them searchable.

    Example: shortlist ops pipeline ingest
    """
    from shortlist.app.cli.ingest.update_index import make_searchable
    from shortlist.ops.data.arrivals import ingest_arrivals

    def store(place: Workplace) -> list[Arrival]:
        stored = ingest_arrivals(place)
        if any(arrival.kind in ("videos", "articles", "media", "transcripts") for arrival in stored):
            make_searchable(place.home, place.config)
        return stored

    _run(store, settings(context, home, config), as_json)


def arrivals(
    context: typer.Context,
    limit: Limit = 20,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """List the files that were taken, and what became of them.

    Example: shortlist ops pipeline arrivals --limit 5
    """
    _run(lambda place: place.ledger.newest(limit), settings(context, home, config), as_json)


def accept(
    context: typer.Context,
    number: Number,
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Let a refused file pass as it is. The next run stores it; its bad rows go to quarantine/ all the same.

    Example: shortlist ops pipeline accept 17
    """
    from shortlist.ops.data.arrivals import accept as accept_arrival

    _run(lambda place: [accept_arrival(place, number)], settings(context, home, config), as_json)


def _run(step: Callable[[Workplace], Sequence[Arrival]], config: Config, as_json: bool) -> None:
    from shortlist.app.cli.terminal.output import print_json
    from shortlist.app.pipeline import open_workplace, require_ops

    require_ops()
    with open_or_create(config) as store, open_workplace(store, config) as place:
        found = step(place)
    if as_json:
        print_json([document(arrival) for arrival in found])
    else:
        show(found)


def document(arrival: Arrival) -> dict[str, object]:
    """Return an arrival as JSON."""
    from dataclasses import asdict

    return {**asdict(arrival), "at": arrival.at.isoformat(timespec="seconds")}


def show(found: Sequence[Arrival]) -> None:
    """Print arrivals as a table, with the reasons below."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from shortlist.core.display import printable

    if not found:
        say("no files")
        return
    names = ("file", "state", "rows", "new", "changed", "same", "repeated", "bad")
    table = Table("", *names, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for one in found:
        counts = (one.rows, one.new, one.changed, one.unchanged, one.repeated, one.bad)
        words = (str(one.number), printable(f"{one.kind}/{one.name}"), one.state)
        table.add_row(*(Text(word) for word in words), *(f"{count:,}" for count in counts))
    Console().print(table)
    for one in found:
        for why in one.why:
            say(f"{one.number}: {why}")
        if one.quarantine:
            remedy = f"correct them and put the file into incoming/{one.kind}/"
            say(f"{one.number}: bad rows are in {one.quarantine}; {remedy}")
