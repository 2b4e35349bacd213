"""`shortlist chat`: one turn in words, or a conversation on the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir, settings
from shortlist.app.cli.terminal.output import say
from shortlist.core.errors import UsageError

if TYPE_CHECKING:
    from shortlist.agent.chat.session import Chat
    from shortlist.store.home import Home


def chat(
    context: typer.Context,
    message: Annotated[str | None, typer.Argument(help="What you want to say; a conversation without it.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Who is speaking.", metavar="USER")] = None,
    thread: Annotated[str, typer.Option("--thread", help="Name of the conversation.", metavar="NAME")] = "default",
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Ask in words: recommend, search, limits, follow-ups, why, what is it about, what does a reader like.

    Example: shortlist chat "three about space for user_123, under a minute"
    """
    chosen = settings(context, home, config)
    if as_json and message is None:
        remedy = 'say something, as in `shortlist chat "recommend for user_123" --json`'
        raise UsageError("--json answers one message", expected="a MESSAGE", found="none", remedy=remedy)
    from shortlist.app.build import open_chat, open_home
    from shortlist.app.cli.terminal.output import print_json, print_notes

    with open_home(chosen) as store:
        talk = open_chat(store, chosen)
        if message is None:
            _converse(talk, store, user, thread)
            return
        reply = talk.turn(message, user=user, thread=thread)
    if as_json:
        print_json(reply.document)
    else:
        say(reply.text)
    print_notes(reply.notes)


def _converse(talk: Chat, store: Home, user: str | None, thread: str) -> None:
    from shortlist.app.cli.conversation import converse, lines_of, prompted

    history = store.path / "chat-history"
    lines = prompted(history) if sys.stdin.isatty() and sys.stdout.isatty() else lines_of(sys.stdin)
    converse(talk, lines, user, thread)
