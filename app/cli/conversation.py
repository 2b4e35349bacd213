"""Hold a conversation on the terminal: read lines, print replies, and handle a few commands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.history import FileHistory
from rich.console import Console
from rich.text import Text

from shortlist.agent.chat.session import Chat
from shortlist.app.cli.terminal.output import print_notes, say
from shortlist.core.errors import ShortlistError

PROMPT = "you> "
HELLO = "Say what you would like to watch. /help lists what you can say, /quit ends."
COMMANDS = """/user NAME   speak as this reader; /user alone shows the current one
/why N       explain number N of the last list
/help        list what you can say
/quit        end (as do "bye" and Ctrl-D)"""


def converse(session: Chat, lines: Iterable[str], user: str | None, thread: str) -> None:
    """Answer each of `lines` until one is /quit or a goodbye. An error is printed and the conversation goes on."""
    say(HELLO)
    for line in lines:
        command, _, rest = line.strip().partition(" ")
        if command in ("/quit", "/exit", "/q"):
            break
        if command == "/user":
            user = rest.strip() or user
            say(f"speaking as {user}" if user else "speaking as nobody; name a reader after /user")
            continue
        if line.strip() and _answer(session, line.strip(), user, thread):
            break
        if command == "/help":
            say(COMMANDS)


def prompt_lines(history: Path) -> Iterator[str]:
    """Read lines with editing and a history kept in the file `history`. Ctrl-C clears the line, Ctrl-D ends."""
    prompt: PromptSession[str] = PromptSession(
        PROMPT, history=FileHistory(str(history)), auto_suggest=AutoSuggestFromHistory()
    )
    while True:
        try:
            yield prompt.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def echoed_lines(stream: TextIO) -> Iterator[str]:
    """Read the lines of a file or a pipe, and echo each so that the output reads as a conversation."""
    for line in stream:
        say(f"{PROMPT}{line.strip()}")
        yield line


def _answer(session: Chat, message: str, user: str | None, thread: str) -> bool:
    """Print the reply to `message`, and return whether it says goodbye."""
    try:
        with thinking() as show:
            reply = session.turn(message, user=user, thread=thread, show=show)
    except ShortlistError as error:
        say(f"shortlist: {' '.join(str(error).split())}", err=True)
        return False
    for line in reply.text.splitlines():  # flush each line, also through a pipe
        say(line)
        sys.stdout.flush()
    print_notes(reply.notes)
    return reply.action.arguments.get("small_talk") == "farewell"


@contextmanager
def thinking() -> Iterator[Callable[[str], None]]:
    """Show a spinner on a terminal while the language model works; yield a function that shows the list it reads."""
    if not sys.stderr.isatty():
        yield lambda _draft: None
        return
    with Console(stderr=True).status("thinking") as status:
        yield lambda draft: status.update(Text(f"the language model is reading this list\n{draft}"))
