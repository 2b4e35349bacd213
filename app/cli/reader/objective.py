"""`shortlist reader objective`: what a reader wants more or less of in every list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, settings
from shortlist.app.cli.terminal.output import print_json, say

if TYPE_CHECKING:
    from shortlist.core.types import Profile

Names = list[str] | None


def objective(
    context: typer.Context,
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
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Show what USER wants of every list, or change it.

    Commands, export, API, page, chat and MCP heed it. `shortlist reader whatif` shows what it would change.

    Example: shortlist reader objective user_123 --less sports --length 60
    """
    chosen = settings(context, home, config)
    from shortlist.agent.reader.objective import objective_document, read_objective
    from shortlist.core.types import NO_OBJECTIVE
    from shortlist.engine.engine import open_engine

    with open_engine(chosen) as engine:
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
    if as_json:
        print_json(objective_document(profile))
    else:
        _show(profile)


def _show(profile: Profile) -> None:
    from shortlist.agent.reader.objective import describe_objective

    entries: list[Any] = list(describe_objective(profile.objective, profile.disliked_channels))
    for entry in entries:
        say(entry)
    if not entries:
        say(f"{profile.user_id} has asked for nothing; see --more, --less and --length")
