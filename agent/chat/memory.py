"""What a chat remembers from turn to turn: the reader last spoken of, the list last shown and what it was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shortlist.agent.chat.action import LISTS, Action

Document = Mapping[str, Any]


class ThreadStore(Protocol):
    """Chats by name: one JSON document a turn, oldest first. `store.catalogue.Catalogue.threads` is one."""

    def get(self, name: str, newest: int) -> Sequence[Document]:
        """The `newest` turns; empty for a new thread."""
        ...

    def add(self, name: str, message: dict[str, Any]) -> None:
        """Add a turn."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """What the words of the next message may refer to.

    `listed` are JSON documents of recommendations, shown since `asked` was first asked for, `listed_for` their reader.
    `focus` is the place in the list that was spoken of last. `undecided` if the reader was just asked what they like.
    `spoken_of` is the reader named last, who may be another than the one who speaks, `user`.
    `before` is what was asked for before `asked`, or `asked` itself where the last message found nothing.
    """

    user: str | None = None
    listed: tuple[Document, ...] = ()
    listed_for: str | None = None
    asked: Action | None = None
    focus: int = 1
    undecided: bool = False
    before: Action | None = None
    spoken_of: str | None = None

    @property
    def shown(self) -> int:
        """How many places of the last list were shown."""
        return max((int(item["rank"]) for item in self.listed), default=0)


def recall(turns: Sequence[Document], user: str | None) -> Memory:
    """The memory after `turns`. A `user` given from outside goes before the one remembered.

    What another speaker was shown is nothing to go on with: the same is asked anew for `user`.
    """
    users = [turn["user"] for turn in turns if turn.get("user")]
    listed: tuple[Document, ...] = ()
    asked: Document = {}
    focus = 1
    steps: list[Action] = []
    for turn in turns:
        action = turn.get("action") or {}
        arguments = turn.get("asked") or {}
        if action.get("name") in LISTS and turn.get("recommendations"):
            listed = (*(listed if arguments.get("after") else ()), *turn["recommendations"])
            asked, focus = turn, 1
            undone = bool(action["arguments"].get("undone"))
            _step(steps, Action(action["name"], _from_the_start(arguments)), undone=undone)
        elif action.get("name") in ("explain", "describe"):
            focus = action["arguments"].get("number", 1)
    spoken_of = users[-1] if users else None
    memory = Memory(
        user=user or spoken_of,
        listed=listed,
        listed_for=asked.get("user"),
        asked=Action(asked["action"]["name"], asked.get("asked") or {}) if asked else None,
        focus=focus,
        undecided=bool(turns and turns[-1].get("undecided")),
        before=_before(steps, turns),
        spoken_of=spoken_of,
    )
    if user is None or memory.listed_for in (None, user) or asked.get("speaker") == user:
        return memory
    return Memory(user, asked=_asked_anew(memory.asked, user), spoken_of=spoken_of)


def _asked_anew(asked: Action | None, user: str) -> Action | None:
    """What was asked for another reader, for `user` from its beginning."""
    if asked is None:
        return None
    return Action(asked.name, {**_from_the_start(asked.arguments), "user": user})


def _from_the_start(arguments: Document) -> Document:
    return {name: value for name, value in arguments.items() if name != "after"}


def _step(steps: list[Action], asked: Action, *, undone: bool) -> None:
    """What was asked for, step by step; to undo one is to go back to the step before."""
    while undone and steps and steps[-1] != asked:
        steps.pop()
    if not steps or steps[-1] != asked:
        steps.append(asked)


def _before(steps: Sequence[Action], turns: Sequence[Document]) -> Action | None:
    last = turns[-1] if turns else {}
    failed = (last.get("action") or {}).get("name") in LISTS and not last.get("recommendations")
    return next(iter(steps[-1:] if failed else steps[-2:-1]), None)
