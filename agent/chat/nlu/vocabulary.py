"""Word lists and tables of `vocabulary.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("vocabulary.toml")


@cache
def word_list(name: str) -> tuple[str, ...]:
    """Return the words of the list `name`."""
    return tuple(str(_vocabulary()[name]).split())


@cache
def word_set(name: str) -> frozenset[str]:
    """Return the words of the list `name` as a set."""
    return frozenset(word_list(name))


def word_map(name: str) -> Mapping[str, Any]:
    """Return the table `name`, from words to their meaning."""
    table: Mapping[str, Any] = _vocabulary()[name]
    return table


def parse_number(words: str) -> int:
    """Return the number in a match of `count` or `place`, in words or the digits of any script; -1 for "last"."""
    digits = re.match(r"\d+", words)
    return int(digits[0]) if digits else int({**word_map("numbers"), **word_map("places")}[words.lower()])


@cache
def _vocabulary() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
