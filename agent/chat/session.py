"""A conversation: read the message, do what it asks for, answer, remember."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from shortlist.agent.chat import replies
from shortlist.agent.chat.action import Action
from shortlist.agent.chat.agent import Interpreter
from shortlist.agent.chat.memory import Document, Memory, ThreadStore, recall
from shortlist.agent.chat.nlu.names import Names, known_reader
from shortlist.agent.chat.nlu.parse import parse
from shortlist.agent.chat.nlu.words import MAX_CHARS
from shortlist.agent.chat.reply import Reply
from shortlist.agent.chat.tools import Tools
from shortlist.core.errors import ServiceError
from shortlist.core.notes import Note

Mode = Literal["auto", "parser", "agent"]
RECALLED = 200  # turns that words can refer to: the reader last spoken of, and a list with all the pages it may have


class Chat:
    """Talks in threads; a thread remembers its reader and its last list.

    `mode` says who reads a message: the parser, a language model, or (auto) the model only what the parser cannot read.
    Whatever the model makes of it is checked against the message, so it can never do worse than the parser's help.
    """

    def __init__(
        self,
        *,
        tools: Tools,
        threads: ThreadStore,
        names: Names,
        interpreter: Callable[[], Interpreter],
        mode: Mode = "auto",
        today: Callable[[], date] = date.today,
    ) -> None:
        self._tools = tools
        self._threads = threads
        self._names = names
        self._interpreter = interpreter
        self._mode = mode
        self._today = today

    def turn(self, message: str, user: str | None = None, thread: str = "default") -> Reply:
        """The reply to `message` in `thread`, for `user` where the message names nobody else.

        No text raises. A model or encoder that is missing does (`ServiceError`), as on the command line.
        """
        turns = self._threads.get(thread, RECALLED)
        memory = recall(turns, user)
        action, notes = self._understood(message, turns, memory)
        reply = self._tools.run(self._spelled(action or Action("help")), memory)
        if action is None:
            reply = replace(reply, text=f"{replies.NOT_READ}\n{reply.text}")
        reply = replace(reply, notes=(*reply.notes, *notes))
        self._threads.add(thread, self._remembered(message, reply, user))
        return reply

    def _understood(
        self, message: str, turns: Sequence[Document], memory: Memory
    ) -> tuple[Action | None, tuple[Note, ...]]:
        """The action, or None where nobody can read the message; and what went wrong on the way."""
        parsed = None if self._mode == "agent" else parse(message, memory, self._names, self._today())
        if parsed is not None or self._mode == "parser":
            return parsed, ()
        action: Action | None = None
        notes: tuple[Note, ...] = ()
        try:
            action = self._interpreter().interpret(message, turns, memory, self._today())
        except ServiceError as error:
            notes = (Note("message-not-read", "no language model has read this", str(error)),)
        if action is None and self._mode == "agent":
            action = parse(message, memory, self._names, self._today())
        return action, notes

    def _spelled(self, action: Action) -> Action:
        """`action` with its reader's id as the home spells it: a line begins with "User_7"."""
        user = known_reader(action.arguments.get("user") or "", self._names.is_reader)
        return replace(action, arguments={**action.arguments, "user": user}) if user else action

    def _remembered(self, message: str, reply: Reply, speaker: str | None) -> dict[str, object]:
        """The turn as the thread keeps it: who is spoken of, unless it is nobody, and what a follow-up asks again."""
        user = reply.action.arguments.get("user")
        return {
            **reply.document,
            "message": message[:MAX_CHARS].encode("utf-8", "replace").decode(),
            "user": user if user and self._names.is_reader(user) else None,
            "speaker": speaker,
            "asked": dict(reply.asked),
            "undecided": reply.undecided,
        }
