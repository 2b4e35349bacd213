"""What limits are read with, and what reading one gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from shortlist.agent.chat.memory import Memory
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.names import Names

# Arguments of an action, and the text without the words that gave them.
Found = tuple[dict[str, Any], str]


@dataclass(frozen=True, slots=True)
class ParseContext:
    """What limits are relative to: the home's names, what the chat remembers, the day."""

    names: Names
    memory: Memory
    today: date


Limit = Callable[[str, ParseContext], Found]
NEAR = 80  # characters before a limit in which it may be refused


def cut(text: str, match: re.Match[str], instead: str = " ") -> str:
    """`text` with `instead` where `match` was."""
    return cut_span(text, *match.span(), instead)


def cut_span(text: str, start: int, end: int, instead: str = " ") -> str:
    """`text` with `instead` from `start` to before `end`."""
    return " ".join((text[:start] + instead + text[end:]).split())


def refused(text: str, start: int) -> int | None:
    """Where the refusal begins that leads to the limit at `start`, as "nothing" does to "from last year"."""
    near = max(0, start - NEAR)
    found = pattern("refusal").search(text[near:start])
    return near + found.start() if found else None
