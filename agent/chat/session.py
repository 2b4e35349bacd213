"""A chat in threads: reads a message, runs its action, replies, and stores the turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import DEFAULT_THREAD, ChatState, Document, ThreadStore, list_turn, recall
from shortlist.agent.chat.languages.to_english import as_written, to_english
from shortlist.agent.chat.llm_interpreter import Interpreter
from shortlist.agent.chat.nlu.context import Encode
from shortlist.agent.chat.nlu.names import Names, match_reader
from shortlist.agent.chat.nlu.normalise import MAX_CHARS
from shortlist.agent.chat.nlu.parse import parse
from shortlist.agent.chat.reply import Reply
from shortlist.agent.chat.tools import ShowDraft, Tools, ignore
from shortlist.core.errors import ServiceError
from shortlist.core.notes import Note
from shortlist.core.ranking import Request

Mode = Literal["auto", "parser", "agent"]
MAX_TURNS = 200  # turns that a message can refer to: enough for the reader named last and all pages of the last list


class Chat:
    """Talks in threads; a thread remembers its reader and its last list.

    `mode` chooses the reader of messages: the parser, a language model ("agent"), or ("auto") the model only for
    messages that the parser cannot read. The model's action is checked against the message. `encode` helps the parser
    with messages that no phrase of its grammar matches.
    """

    def __init__(
        self,
        *,
        tools: Tools,
        threads: ThreadStore,
        names: Names,
        interpreter: Callable[[], Interpreter],
        mode: Mode = "auto",
        encode: Encode | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._tools = tools
        self._threads = threads
        self._names = names
        self._interpreter = interpreter
        self._mode = mode
        self._encode = encode
        self._today = today

    def turn(
        self,
        message: str,
        user: str | None = None,
        thread: str = DEFAULT_THREAD,
        *,
        may_store: bool = True,
        show: ShowDraft = ignore,
    ) -> Reply:
        """Reply to `message` in `thread`, for `user` unless the message names another reader.

        Unless `may_store`, feedback is not stored, and the reply says so. `show` gets the text of a list before
        the language model reranks it.
        No message raises. A missing model or encoder raises `ServiceError`, as on the command line.
        """
        turns = self._threads.get(thread, MAX_TURNS)
        state = recall(turns, user)
        meant = _chosen(message, state.choices) or message
        said, language = to_english(meant)
        state = replace(state, language=language, may_store=may_store)
        action, notes = self._interpret(said, turns, state)
        action = action and as_written(action, meant)
        reply = self._tools.run(self._with_stored_id(action or Action("unknown")), state, show)
        reply = replace(reply, notes=(*reply.notes, *notes))
        self._threads.add(thread, self._turn_document(message, reply, user))
        return reply

    def show(self, thread: str, request: Request, answer: Document) -> None:
        """Store in `thread` that its reader was shown `answer` to `request`, so that messages can refer to it."""
        self._threads.add(thread, list_turn(request, answer))

    def _interpret(
        self, message: str, turns: Sequence[Document], state: ChatState
    ) -> tuple[Action | None, tuple[Note, ...]]:
        """Return the action of `message`, or None if it cannot be read, and notes on failures."""
        parsed = None if self._mode == "agent" else parse(message, state, self._names, self._today(), self._encode)
        if parsed is not None or self._mode == "parser":
            return parsed, ()
        action: Action | None = None
        notes: tuple[Note, ...] = ()
        try:
            action = self._interpreter().interpret(message, turns, state, self._today())
        except ServiceError as error:
            notes = (Note("message-not-read", "no language model has read this", str(error)),)
        if action is None and self._mode == "agent":
            action = parse(message, state, self._names, self._today(), self._encode)
        return action, notes

    def _with_stored_id(self, action: Action) -> Action:
        """Return `action` with its reader's id as the home spells it: people also type "User_7"."""
        user = match_reader(action.arguments.get("user") or "", self._names.is_reader)
        return replace(action, arguments={**action.arguments, "user": user}) if user else action

    def _turn_document(self, message: str, reply: Reply, speaker: str | None) -> dict[str, object]:
        """Return the turn as the thread stores it; `user` is the reader named, None if there is no such reader."""
        user = reply.action.arguments.get("user")
        return {
            **reply.document,
            "message": message[:MAX_CHARS].encode("utf-8", "replace").decode(),
            "user": user if user and self._names.is_reader(user) else None,
            "speaker": speaker,
            "asked": dict(reply.resolved),
            "undecided": reply.asks_preference,
        }


def _chosen(message: str, choices: Sequence[str]) -> str | None:
    """Return the ready answer whose number is all of `message`; None if there is none."""
    number = message.strip(" .")
    return choices[int(number) - 1] if number.isdecimal() and 1 <= int(number) <= len(choices) else None
