"""`shortlist ops pipeline arrive`, `validate`, `ingest`, `arrivals` and `accept`: the way of a file into the home."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shortlist.app.cli.frame import Call, command, open_or_create
from shortlist.app.cli.ingest.update_index import make_searchable
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.app.pipeline import open_workplace
from shortlist.core.display import printable
from shortlist.ops.data.arrivals import accept as accept_arrival
from shortlist.ops.data.arrivals import ingest_arrivals, take_arrivals, validate_arrivals
from shortlist.ops.data.ledger import Arrival
from shortlist.ops.data.workplace import Workplace

Number = Annotated[int, typer.Argument(help="The number of a refused file.", metavar="NUMBER")]
Limit = Annotated[int, typer.Option("--limit", help="At most this many, the newest.", min=1, metavar="N")]


@command()
def arrive(call: Call) -> None:
    """Take complete files from incoming/, each content once. The first step of the pipeline.

    Example: shortlist ops pipeline arrive
    """
    _run(call, take_arrivals)


@command()
def validate(call: Call) -> None:
    """Check the files that were taken. Bad rows go to quarantine/, bad files to failed/.

    Example: shortlist ops pipeline validate
    """
    _run(call, validate_arrivals)


@command()
def ingest(call: Call) -> None:
    """Store the files that passed, and make them searchable.

    Example: shortlist ops pipeline ingest
    """

    def store(place: Workplace) -> list[Arrival]:
        stored = ingest_arrivals(place)
        if any(arrival.kind in ("videos", "articles", "media", "transcripts") for arrival in stored):
            make_searchable(place.home, place.config)
        return stored

    _run(call, store)


@command()
def arrivals(call: Call, limit: Limit = 20) -> None:
    """List the files that were taken, and what became of them.

    Example: shortlist ops pipeline arrivals --limit 5
    """
    _run(call, lambda place: place.ledger.newest(limit))


@command()
def accept(call: Call, number: Number) -> None:
    """Let a refused file pass as it is. The next run stores it; its bad rows go to quarantine/ all the same.

    Example: shortlist ops pipeline accept 17
    """
    _run(call, lambda place: [accept_arrival(place, number)])


def _run(call: Call, step: Callable[[Workplace], Sequence[Arrival]]) -> None:
    with open_or_create(call.config) as store, open_workplace(store, call.config) as place:
        found = step(place)
    if call.as_json:
        print_json([document(arrival) for arrival in found])
    else:
        show(found)


def document(arrival: Arrival) -> dict[str, object]:
    """Return an arrival as JSON."""
    return {**asdict(arrival), "at": arrival.at.isoformat(timespec="seconds")}


def show(found: Sequence[Arrival]) -> None:
    """Print arrivals as a table, with the reasons below."""
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
