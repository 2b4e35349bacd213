"""Made-up messages of `phrases.toml`: slots filled at random, courtesy around them, typos."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

FILE = Path(__file__).with_name("phrases.toml")
SLOT = re.compile(r"\{(\w+)\}")
ORDINALS = ("first", "second", "third", "fourth", "fifth")
NUMBERS = ("one", "two", "three", "four", "five")
COURTESY, MARK, CAPITAL, TYPO = 0.3, 0.2, 0.1, 0.15  # shares of the messages
JOINTS = (" ", ", ", ". ", " ")


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A message with its intent, and the topic in it, if any."""

    text: str
    intent: str
    topic: str | None
    misspelt: bool


def make_up(per_phrase: int, values: Mapping[str, Sequence[str]], chance: Random) -> Iterator[MadeUp]:
    """Yield `per_phrase` messages for each phrase; `values` are those of the slots reader, category and channel."""
    phrases = tomllib.loads(FILE.read_text("utf-8"))
    fill = {name: re.split(r"\s*\|\s*", text.strip()) for name, text in phrases.pop("fill").items()}
    for intent, lines in phrases.items():
        for line in lines.split("\n"):
            for _ in range(per_phrase if line else 0):
                text, named = _fill(line, {**fill, **values}, chance)
                topic = named.get("topic") or named.get("category") or named.get("channel")
                text = _dress(text, fill, chance)
                typed = _misspell(text, chance) if chance.random() < TYPO else text
                yield MadeUp(typed, intent, topic, typed != text)


def _fill(line: str, values: Mapping[str, Sequence[str]], chance: Random) -> tuple[str, dict[str, str]]:
    named: dict[str, str] = {}

    def value(slot: re.Match[str]) -> str:
        place = chance.randrange(len(NUMBERS))
        chosen = chance.choice(values[slot[1]])
        named[slot[1]] = chosen.format(d=place + 1, o=ORDINALS[place], w=NUMBERS[place])
        return named[slot[1]]

    return SLOT.sub(value, line), named


def _dress(text: str, fill: Mapping[str, Sequence[str]], chance: Random) -> str:
    """Return `text` as people type it: courtesy around it, a mark at its end, a capital."""
    if chance.random() < COURTESY:
        text = chance.choice(fill["before"]) + chance.choice(JOINTS) + text
    if chance.random() < COURTESY:
        text = text + chance.choice(JOINTS) + chance.choice(fill["after"])
    if chance.random() < MARK:
        text += chance.choice("?!.")
    return text.capitalize() if chance.random() < CAPITAL else text


def _misspell(text: str, chance: Random) -> str:
    """Return `text` with two letters of a word swapped, or one left out or doubled."""
    words = text.split(" ")
    at = chance.randrange(len(words))
    word = words[at]
    if len(word) < 5 or not word.isalpha():
        return text
    cut = chance.randrange(1, len(word) - 1)
    middle = chance.choice((word[cut + 1] + word[cut], word[cut + 1], word[cut] + word[cut : cut + 2]))
    words[at] = word[:cut] + middle + word[cut + 2 :]
    return " ".join(words)
