"""`shortlist report`: how Shortlist would have ranked the newest part of a reader's own past."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.last_reader import last_reader
from shortlist.eval.report_card.report import lines, report_card


@command()
def report(
    call: Call,
    user: Annotated[
        str | None, typer.Argument(help="Id of the reader; the last one if absent.", metavar="USER")
    ] = None,
) -> None:
    """Hide the newest days of USER's past, and count what each ranking would have put into the ten of the day.

    Example: shortlist report user_123
    """
    with call.open_home() as home:
        card = report_card(home, call.config, user or last_reader(home))
    call.show(card, lines(card))
