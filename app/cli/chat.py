"""`shortlist chat`: answer one message, or hold a conversation on the terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from shortlist.agent.chat.session import Chat
from shortlist.app.cli.conversation import converse, echoed_lines, prompt_lines, thinking
from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_notes
from shortlist.core.errors import UsageError
from shortlist.store.home import Home
from shortlist.store.home_files import CHAT_HISTORY


@command()
def chat(
    call: Call,
    message: Annotated[str | None, typer.Argument(help="Your message. Without one, start a conversation.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Id of the reader who speaks.", metavar="USER")] = None,
    thread: Annotated[str, typer.Option("--thread", help="Name of the conversation.", metavar="NAME")] = "default",
) -> None:
    """Ask in words for recommendations, searches, explanations, summaries, or what a reader likes.

    Example: shortlist chat "three about space for user_123, under a minute"
    """
    if call.as_json and message is None:
        remedy = 'say something, as in `shortlist chat "recommend for user_123" --json`'
        raise UsageError("--json answers one message", expected="a MESSAGE", found="none", remedy=remedy)
    with call.open_engine() as engine:
        session = engine.chat()
        if message is None:
            _converse(session, engine.home, user, thread)
            return
        with thinking() as show:
            reply = session.turn(message, user=user, thread=thread, show=show)
    call.show(reply.document, [reply.text])
    print_notes(reply.notes)


def _converse(session: Chat, store: Home, user: str | None, thread: str) -> None:
    history = store.path / CHAT_HISTORY
    lines = prompt_lines(history) if sys.stdin.isatty() and sys.stdout.isatty() else echoed_lines(sys.stdin)
    converse(session, lines, user, thread)
