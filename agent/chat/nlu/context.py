"""Context and result of the rules that extract limits, and how they cut a match out of a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from shortlist.agent.chat.chat_state import ChatState
from shortlist.agent.chat.nlu.grammar import pattern
from shortlist.agent.chat.nlu.names import Names
from shortlist.core.ranking import FloatArray

Encode = Callable[[str], FloatArray | None]

# Arguments of an action, and the text without the words that they were read from.
Extraction = tuple[dict[str, Any], str]


@dataclass(frozen=True, slots=True)
class ParseContext:
    """The home's names, the state of the chat and the current day, which limits may refer to.

    `encode` returns the vector float32[dim] of a text by the encoder that the classifier was trained with; None if the
    home has another encoder, or no weights.
    """

    names: Names
    state: ChatState
    today: date
    encode: Encode | None = None


Limit = Callable[[str, ParseContext], Extraction]
NEGATION_CHARS = 80  # characters before a limit in which a negation applies to it


def cut(text: str, match: re.Match[str], replacement: str = " ") -> str:
    """Return `text` with `match` replaced."""
    return cut_span(text, *match.span(), replacement)


def cut_span(text: str, start: int, end: int, replacement: str = " ") -> str:
    """Return `text` with `text[start:end]` replaced."""
    return " ".join((text[:start] + replacement + text[end:]).split())


def negation_start(text: str, start: int) -> int | None:
    """Return the start of the negation of the limit at `start`, as "nothing" before "from last year", else None."""
    window = max(0, start - NEGATION_CHARS)
    match = pattern("refusal").search(text[window:start])
    return window + match.start() if match else None
