"""A conversation on the terminal: lines in, replies out as they are made, a few commands."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from shortlist.app.cli.terminal.output import say
from shortlist.core.errors import ShortlistError

if TYPE_CHECKING:
    from shortlist.agent.chat.session import Chat

PROMPT = "you> "
HELLO = "Say what you would like to watch. /help lists what can be said, /quit ends."
COMMANDS = """/user NAME   speak as this reader; /user alone says who that is
/why N       why number N of the last list
/help        what can be said
/quit        end (as does Ctrl-D)"""


def converse(talk: Chat, lines: Iterable[str], user: str | None, thread: str) -> None:
    """Answer each of `lines` until they end or one of them is /quit. An error is said and the conversation goes on."""
    say(HELLO)
    for line in lines:
        command, _, rest = line.strip().partition(" ")
        if command in ("/quit", "/exit", "/q"):
            break
        if command == "/user":
            user = rest.strip() or user
            say(f"speaking as {user}" if user else "speaking as nobody; name a reader after /user")
            continue
        if line.strip():
            _answer(talk, line.strip(), user, thread)
        if command == "/help":
            say(COMMANDS)


def prompted(history: Path) -> Iterator[str]:
    """What a person types, with arrow keys and a history that outlives the process, until Ctrl-D; Ctrl-C clears."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
    from prompt_toolkit.history import FileHistory

    session: PromptSession[str] = PromptSession(
        PROMPT, history=FileHistory(str(history)), auto_suggest=AutoSuggestFromHistory()
    )
    while True:
        try:
            yield session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def lines_of(stream: TextIO) -> Iterator[str]:
    """The lines of a file or a pipe, each echoed so that the log reads as a conversation."""
    for line in stream:
        say(f"{PROMPT}{line.strip()}")
        yield line


def _answer(talk: Chat, message: str, user: str | None, thread: str) -> None:
    from shortlist.app.cli.terminal.output import print_notes

    try:
        with _thinking():
            reply = talk.turn(message, user=user, thread=thread)
    except ShortlistError as error:
        say(f"shortlist: {' '.join(str(error).split())}", err=True)
        return
    for line in reply.text.splitlines():  # each on its way at once, also through a pipe
        say(line)
        sys.stdout.flush()
    print_notes(reply.notes)


def _thinking() -> AbstractContextManager[object]:
    """A sign of life where a person waits: a language model may take its time."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("thinking")
