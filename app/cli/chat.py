"""`shortlist chat`: answer one message, or hold a conversation on the terminal."""

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
    message: Annotated[str | None, typer.Argument(help="Your message. Without one, start a conversation.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Id of the reader who speaks.", metavar="USER")] = None,
    thread: Annotated[str, typer.Option("--thread", help="Name of the conversation.", metavar="NAME")] = "default",
    as_json: AsJson = False,
    home: HomeDir = None,
    config: ConfigFile = None,
) -> None:
    """Ask in words for recommendations, searches, explanations, summaries, or what a reader likes.

    Example: shortlist chat "three about space for user_123, under a minute"
    """
    chosen = settings(context, home, config)
    if as_json and message is None:
        remedy = 'say something, as in `shortlist chat "recommend for user_123" --json`'
        raise UsageError("--json answers one message", expected="a MESSAGE", found="none", remedy=remedy)
    from shortlist.app.cli.conversation import thinking
    from shortlist.app.cli.terminal.output import print_json, print_notes
    from shortlist.engine.engine import open_engine

    with open_engine(chosen) as engine:
        session = engine.chat()
        if message is None:
            _converse(session, engine.home, user, thread)
            return
        with thinking() as show:
            reply = session.turn(message, user=user, thread=thread, show=show)
    if as_json:
        print_json(reply.document)
    else:
        say(reply.text)
    print_notes(reply.notes)


def _converse(session: Chat, store: Home, user: str | None, thread: str) -> None:
    from shortlist.app.cli.conversation import converse, echoed_lines, prompt_lines
    from shortlist.store.home_files import CHAT_HISTORY

    history = store.path / CHAT_HISTORY
    lines = prompt_lines(history) if sys.stdin.isatty() and sys.stdout.isatty() else echoed_lines(sys.stdin)
    converse(session, lines, user, thread)
