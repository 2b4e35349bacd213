"""A message in parts, as the rules read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.nlu.context import ParseContext


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A message in parts: the reader it names, its limits and its text.

    `text` is the whole message, `body` is `text` without the reader, and `rest` is `body` without the limits. `asks` is
    True if it ends with a question mark, and is no request such as "can you ...?".
    """

    text: str
    reader: str | None
    body: str
    limits: Mapping[str, Any]
    rest: str
    asks: bool
    context: ParseContext

    @property
    def state(self) -> ChatState:
        """The state of the chat."""
        return self.context.state

    @property
    def user(self) -> str | None:
        """The reader named, else the reader of the chat."""
        return self.reader or self.state.user

    @property
    def changes_list(self) -> bool:
        """True if the message hides or excludes something, or clears a limit."""
        return any(name.startswith("not_") for name in self.limits) or None in self.limits.values()


Rule = Callable[[ParsedMessage], Action | None]
