"""`shortlist reader objective`: what a reader wants more or less of in every list."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.agent.reader.objective import describe_objective, objective_document, read_objective
from shortlist.app.cli.frame import Call, command
from shortlist.core.types import NO_OBJECTIVE

Names = list[str] | None


@command()
def objective(
    call: Call,
    user: Annotated[str, typer.Argument(help="Id of the reader.", metavar="USER")],
    more: Annotated[Names, typer.Option("--more", help="A category or channel to get more of. Repeat it.")] = None,
    less: Annotated[Names, typer.Option("--less", help="A category or channel to get less of. Repeat it.")] = None,
    neither: Annotated[
        Names, typer.Option("--neither", help="A category or channel to get as before. Repeat it.")
    ] = None,
    length_s: Annotated[
        float | None, typer.Option("--length", help="Seconds above which a video is wanted less; 0 for none.", min=0)
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Forget what was stored before.")] = False,
) -> None:
    """Show what USER wants of every list, or change it.

    Commands, export, API, page, chat and MCP heed it. `shortlist reader whatif` shows what it would change.

    Example: shortlist reader objective user_123 --less sports --length 60
    """
    with call.open_engine() as engine:
        recommender = engine.recommender()
        columns = recommender.snapshot.columns
        asked = read_objective(
            more=more or (), less=less or (), neither=neither or (), length_s=length_s,
            categories=columns.category.names, channels=columns.channel.names,
        )  # fmt: skip
        profile = recommender.profile(user)
        if clear or asked != NO_OBJECTIVE:
            before = NO_OBJECTIVE if clear else profile.objective
            engine.home.catalogue.objectives.put(user, before.merged(asked))
            profile = recommender.profile(user)
    entries = list(describe_objective(profile.objective, profile.disliked_channels))
    nothing = f"{user} has asked for nothing; see --more, --less and --length"
    call.show(objective_document(profile), entries or [nothing])
