"""`shortlist reader whatif`: the list before and after a change of the history, the taste or the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from shortlist.agent.what_if.what_if import Move, WhatIf, read_change, what_if
from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.filter_options import with_filter_options
from shortlist.app.cli.terminal.list_options import About, K, Rerank
from shortlist.app.cli.terminal.output import print_json, print_notes, say
from shortlist.core.display import printable
from shortlist.core.errors import UsageError
from shortlist.core.ranking import Filters, Request


@command()
@with_filter_options
def whatif(
    call: Call,
    user: Annotated[str, typer.Argument(help="Id of the reader.", metavar="USER")],
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Id of a video or article of the history that says nothing. Repeat it."),
    ] = None,
    more: Annotated[
        list[str] | None, typer.Option("--more", help="A category or channel to get more of. Repeat it.")
    ] = None,
    less: Annotated[
        list[str] | None, typer.Option("--less", help="A category or channel to get less of. Repeat it.")
    ] = None,
    max_length: Annotated[
        float | None, typer.Option("--length", help="Seconds above which a video is wanted less.", min=1)
    ] = None,
    weights: Annotated[
        list[str] | None, typer.Option("--weights", help="Another weight of a leg. Repeat it.", metavar="LEG=WEIGHT")
    ] = None,
    half_life: Annotated[
        float | None, typer.Option("--half-life", help="Days after which an event counts half.")
    ] = None,
    k: K = 10,
    about: About = None,
    rerank: Rerank = "none",
    *,
    filters: Filters,
) -> None:
    """Show what USER would get if something were different: what moves, and which leg moves it.

    Nothing is stored. `shortlist reader objective` keeps what you want more or less of.

    Example: shortlist reader whatif user_123 --less sports --weights dense=2
    """
    with call.open_engine() as engine:
        recommender = engine.recommender()
        change = read_change(
            recommender, without=without or (), more=more or (), less=less or (), length_s=max_length,
            weights=_weights(weights or ()), half_life_days=half_life,
        )  # fmt: skip
        found = what_if(recommender, engine.home.catalogue, Request(user, k, about, rerank, filters=filters), change)
    if call.as_json:
        print_json(found.document)
        return
    print_moves(found)
    print_notes(found.notes)


def print_moves(found: WhatIf) -> None:
    """Print the list after the change, the moves, and what left the list."""
    if all(move.before == move.after for move in found.moves):
        say(f"nothing moves among the best {found.k}")
        return
    table = Table(box=box.SIMPLE, show_edge=False, padding=(0, 1, 0, 0))
    for name, justify in (("now", "right"), ("then", "right"), ("", "left"), ("video", "left"), ("moved by", "left")):
        table.add_column(name, justify=justify, no_wrap=name != "video")  # type: ignore[arg-type]
    for move in found.moves:
        style = "dim" if (move.after or found.k + 1) > found.k else ""
        cells = (_rank(move.before), _rank(move.after), _arrow(move, found.k), printable(move.video.display_title))
        table.add_row(*cells, _cause(move), style=style)
    Console().print(table)


def _rank(rank: int | None) -> str:
    return "-" if rank is None else str(rank)


def _arrow(move: Move, k: int) -> str:
    if (move.before or k + 1) > k:
        return "new"
    if (move.after or k + 1) > k:
        return "gone"
    difference = (move.before or 0) - (move.after or 0)
    return "" if not difference else f"{'▲' if difference > 0 else '▼'} {abs(difference)}"


def _cause(move: Move) -> str:
    if move.before == move.after:
        return ""
    return "others moved" if move.leg is None else f"{move.leg} {move.legs[move.leg]:+.2f}"


def _weights(pairs: Sequence[str]) -> dict[str, float]:
    found = {}
    for pair in pairs:
        leg, _, weight = pair.partition("=")
        try:
            found[leg.strip()] = float(weight)
        except ValueError as error:
            expected, remedy = "LEG=WEIGHT", "write it as --weights dense=2"
            raise UsageError("bad --weights", expected=expected, found=repr(pair), remedy=remedy) from error
    return found
