"""What a chat remembers from turn to turn: the reader last spoken of and the list last shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = Mapping[str, Any]


class Threads(Protocol):
    """The part of `store.catalogue.Catalogue` that keeps chats: one JSON document a turn, oldest first."""

    def thread(self, name: str) -> Sequence[Document]:
        """The turns so far; empty for a new thread."""
        ...

    def append_thread(self, name: str, message: dict[str, Any]) -> None:
        """Adds a turn."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """The reader meant when none is named; the last list (documents of `core.wire`) and for whom it was made."""

    user: str | None = None
    listed: tuple[Document, ...] = ()
    listed_for: str | None = None


def recall(turns: Sequence[Document], user: str | None) -> Memory:
    """The memory after `turns`. A `user` given from outside goes before the one remembered."""
    users = [turn["user"] for turn in turns if turn.get("user")]
    lists = [turn for turn in turns if turn.get("recommendations")]
    last: Document = lists[-1] if lists else {}
    return Memory(user or (users[-1] if users else None), tuple(last.get("recommendations", ())), last.get("user"))
