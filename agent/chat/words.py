"""The small vocabulary of the chat grammar: numbers as people say them, readers as they are named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

MAX_CHARS = 2000
NUMBERS = {
    word: number
    for number, words in enumerate(
        ("one first", "two second", "three third", "four fourth", "five fifth", "six sixth", "seven seventh",
         "eight eighth", "nine ninth", "ten tenth"), start=1,
    )
    for word in words.split()
} | {"last": -1}  # fmt: skip
NUMBER = rf"(?P<number>\d{{1,3}}(?:st|nd|rd|th)?|{'|'.join(NUMBERS)})\b"
ID_LIKE = re.compile(r"(?:user|reader|u)[_-]?\d+|[^\W\d]\w*_\w*\d\w*", re.IGNORECASE)
BEFORE_ID = frozenset(["for", "to", "of", "does", "did", "do", "is", "has", "user", "reader", "as"])
TOKEN = re.compile(r"[^\s,;:!?\"“”()]+")
Known = Callable[[str], bool]


def tidy(message: str) -> str:
    """`message` on one line in compatibility form, without control characters, cut to `MAX_CHARS`."""
    text = unicodedata.normalize("NFKC", message[:MAX_CHARS]).replace("’", "'")
    return " ".join("".join(" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in text).split())


def number_in(word: str) -> int:
    """The number that a match of `NUMBER` says; -1 for "last"."""
    digits = re.match(r"\d+", word)
    return int(digits[0]) if digits else NUMBERS[word.lower()]


def take_reader(text: str, known: Known) -> tuple[str | None, str]:
    """The reader named in `text`, and the text without it and the word that leads to it.

    A token that looks like an id is one; any other must stand after a word such as "for" and be `known`.
    """
    before = None
    for token in TOKEN.finditer(text):
        word = token[0].rstrip(".").removesuffix("'s")
        led = before is not None and before[0].lower() in BEFORE_ID
        if ID_LIKE.fullmatch(word) or (led and word.lower() not in BEFORE_ID and known(word)):
            start = before.start() if led and before is not None else token.start()
            return word, " ".join((text[:start] + " " + text[token.end() :]).split())
        before = token
    return None, text
