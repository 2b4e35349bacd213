"""The single words that the chat's parser knows, and a message made tidy."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

MAX_CHARS = 2000
LONG_DRAWN = re.compile(r"([^\W\d_])\1{2,}")
EMOJI_PARTS = frozenset("\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}") | set(map(chr, range(0x1F3FB, 0x1F400)))
FILE = Path(__file__).with_name("vocabulary.toml")


def tidy(message: str) -> str:
    """`message` on one line in compatibility form, without control characters, emoji and loooong letters; cut."""
    text = unicodedata.normalize("NFKC", message[:MAX_CHARS]).replace("’", "'")[:MAX_CHARS]
    text = LONG_DRAWN.sub(_shortened, "".join(" " if _is_noise(char) else char for char in text))
    return " ".join(text.split())


@cache
def word_list(name: str) -> tuple[str, ...]:
    """The words of the list `name`."""
    return tuple(str(_vocabulary()[name]).split())


@cache
def word_set(name: str) -> frozenset[str]:
    """The same as a set."""
    return frozenset(word_list(name))


def word_map(name: str) -> Mapping[str, Any]:
    """The table `name`: what each of its words stands for."""
    table: Mapping[str, Any] = _vocabulary()[name]
    return table


def number_in(words: str) -> int:
    """The number that a match of `count` or `place` says, in the digits of any script; -1 for "last"."""
    digits = re.match(r"\d+", words)
    return int(digits[0]) if digits else int({**word_map("numbers"), **word_map("places")}[words.lower()])


def _shortened(drawn: re.Match[str]) -> str:
    """ "goood" is good and "heyyy" hey."""
    return drawn[1] * (2 if drawn[1].lower() in "eo" else 1)


def _is_noise(char: str) -> bool:
    """Control characters, halves of a pair, and emoji with what joins, colours and varies them."""
    return unicodedata.category(char) in {"Cc", "Cs", "So"} or char in EMOJI_PARTS


@cache
def _vocabulary() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
