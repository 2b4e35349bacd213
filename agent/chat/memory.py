"""State of a chat between turns: its reader, the last list and the request for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shortlist.agent.chat.action import LIST_ACTIONS, Action

Document = Mapping[str, Any]


class ThreadStore(Protocol):
    """Threads by name: one JSON document a turn, oldest first. `store.catalogue.threads` implements it."""

    def get(self, name: str, newest: int) -> Sequence[Document]:
        """Return the `newest` turns; empty for a new thread."""
        ...

    def add(self, name: str, message: dict[str, Any]) -> None:
        """Add a turn."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that the next message may refer to.

    `user` is the reader of the chat, and `last_reader` the one named last, who may be another. `last_list` holds the
    JSON documents of the videos shown for `last_request`, of all its pages, and `list_reader` is their reader.
    `previous_request` is the request before `last_request`, or `last_request` itself if the last message found nothing.
    `focus` is the place in the list that was mentioned last. `awaiting_preference` is True if the last reply asked the
    reader what they like.
    """

    user: str | None = None
    last_list: tuple[Document, ...] = ()
    list_reader: str | None = None
    last_request: Action | None = None
    focus: int = 1
    awaiting_preference: bool = False
    previous_request: Action | None = None
    last_reader: str | None = None

    @property
    def n_shown(self) -> int:
        """The number of places of the last list that were shown."""
        return max((int(item["rank"]) for item in self.last_list), default=0)


def recall(turns: Sequence[Document], user: str | None) -> Memory:
    """Return the memory after `turns`, for `user` if given, else for the reader named last.

    A list that was shown to another speaker is not continued: its request starts over for `user`.
    """
    users = [turn["user"] for turn in turns if turn.get("user")]
    last_list: tuple[Document, ...] = ()
    list_turn: Document = {}
    focus = 1
    requests: list[Action] = []
    for turn in turns:
        action = turn.get("action") or {}
        arguments = turn.get("asked") or {}
        if action.get("name") in LIST_ACTIONS and turn.get("recommendations"):
            last_list = (*(last_list if arguments.get("after") else ()), *turn["recommendations"])
            list_turn, focus = turn, 1
            undone = bool(action["arguments"].get("undone"))
            _push(requests, Action(action["name"], _without_page(arguments)), undone=undone)
        elif action.get("name") in ("explain", "describe"):
            focus = action["arguments"].get("number", 1)
    last_reader = users[-1] if users else None
    memory = Memory(
        user=user or last_reader,
        last_list=last_list,
        list_reader=list_turn.get("user"),
        last_request=Action(list_turn["action"]["name"], list_turn.get("asked") or {}) if list_turn else None,
        focus=focus,
        awaiting_preference=bool(turns and turns[-1].get("undecided")),
        previous_request=_previous(requests, turns),
        last_reader=last_reader,
    )
    if user is None or memory.list_reader in (None, user) or list_turn.get("speaker") == user:
        return memory
    return Memory(user, last_request=_restart_for(user, memory.last_request), last_reader=last_reader)


def _restart_for(user: str, request: Action | None) -> Action | None:
    """Return `request` for `user`, from its first page."""
    if request is None:
        return None
    return Action(request.name, {**_without_page(request.arguments), "user": user})


def _without_page(arguments: Document) -> Document:
    return {name: value for name, value in arguments.items() if name != "after"}


def _push(requests: list[Action], request: Action, *, undone: bool) -> None:
    """Add `request` to the history; an undone step returns to its earlier occurrence instead."""
    while undone and requests and requests[-1] != request:
        requests.pop()
    if not requests or requests[-1] != request:
        requests.append(request)


def _previous(requests: Sequence[Action], turns: Sequence[Document]) -> Action | None:
    last = turns[-1] if turns else {}
    failed = (last.get("action") or {}).get("name") in LIST_ACTIONS and not last.get("recommendations")
    return next(iter(requests[-1:] if failed else requests[-2:-1]), None)
