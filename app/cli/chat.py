"""`shortlist chat`: one turn in words."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.options import AsJson, ConfigFile, HomeDir, settings


def chat(
    context: typer.Context,
    message: Annotated[str, typer.Argument(help="What you want to say.", metavar="MESSAGE")],
    user: Annotated[str | None, typer.Option("--user", help="Who is speaking.", metavar="USER")] = None,
    thread: Annotated[str, typer.Option("--thread", help="Name of the conversation.", metavar="NAME")] = "default",
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Ask in words: recommend, search, why, what is it about, what does a reader like.

    Example: shortlist chat "why number 2?" --user user_123
    """
    chosen = settings(context, home, config)
    from app.build import open_chat, open_home
    from app.cli.output import print_json, print_notes

    with open_home(chosen) as store:
        reply = open_chat(store, chosen).turn(message, user=user, thread=thread)
    if as_json:
        print_json(reply.document)
        return
    typer.echo(reply.text)
    print_notes(reply.notes)
