"""Compiled patterns of `grammar.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from shortlist.agent.chat.nlu.vocabulary import word_map, word_set

FILE = Path(__file__).with_name("grammar.toml")
REFERENCE = re.compile(r"(?<!\?P)<([a-z_]+)>")  # not the name of a group
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return the entry `name` as a compiled, case-insensitive pattern."""
    return re.compile(_expand(name), re.IGNORECASE)


@cache
def _expand(name: str) -> str:
    source = " ".join(_entries()[name].split()).replace(" | ", "|")
    return f"(?:{REFERENCE.sub(lambda match: _expand(match[1]), source)})"


@cache
def _entries() -> Mapping[str, str]:
    languages = _alternatives(word_map("languages"))
    return {
        **tomllib.loads(FILE.read_text(encoding="utf-8")),
        **_numbers(),
        "months": "|".join(MONTHS),
        "language": languages,
        "praising": _alternatives(word_set("praise")),
        "blaming": _alternatives(word_set("blame")),
    }


def _numbers() -> dict[str, str]:
    numbers, places = _alternatives(word_map("numbers")), _alternatives(word_map("places"))
    return {
        "count": rf"(?:\d{{1,3}}(?![\d:.])|{numbers})(?!\w)",
        "place": rf"(?:\d{{1,3}}(?:st|nd|rd|th)?|{places}|{numbers})(?!\w)",
    }


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", " ") for word in sorted(words, key=len, reverse=True))
