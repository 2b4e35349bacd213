"""Numbers and names of a written text that its source does not hold. Pure.

A small model that summarises makes up exactly these: a year, an amount, a person. What it only phrases in another way
cannot be told from this and is not looked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {word: n for n, word in enumerate(_SMALL.split())} | {word: 10 * n for n, word in enumerate(_TENS.split(), 2)}
LARGE = {"hundred": "100", "thousand": "1000", "million": "1000000", "billion": "1000000000", "dozen": "12"}
NOT_COUNTING = frozenset({"one"})  # "one of them", "this one"

_WORD = re.compile(r"[^\W_]+(?:['’.,\-][^\W_]+)*")
_PART = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*")
SENTENCE_END = re.compile(r"[.!?:…\"“”]\s*$")


def unsupported(written: str, source: str) -> list[str]:
    """The numbers and names of `written` that `source` does not hold, in order, each once.

    Numbers are compared by value: "3" stands in a source that says "three", "1,000" in one that says "1000". A name is
    a word with a capital inside a sentence; a source that holds its beginning holds it ("Kennedys", "Berlin's").
    """
    numbers, words = set(numbers_of(source)), {word.lower() for word in _PART.findall(_plain(source))}
    found = [n for n in numbers_of(written) if n not in numbers]
    found += [name for name in names_of(written) if not _held(name, words)]
    return list(dict.fromkeys(found))


def numbers_of(text: str) -> Iterator[str]:
    """Every number in `text`, figures and English words alike, as figures: "twenty-five" is "25"."""
    before: int | None = None
    for match in _PART.finditer(_plain(text).lower()):
        word = match[0]
        if word[0].isdigit():
            yield _figure(word)
        elif word in LARGE:
            yield LARGE[word]
        value = NUMBERS.get(word)
        if value is not None and word not in NOT_COUNTING:
            yield str(value)
        if value is not None and before is not None and before in range(20, 100, 10) and value < 10:
            yield str(before + value)
        before = value


def names_of(text: str) -> Iterator[str]:
    """Words with a capital letter that do not begin a sentence, and words of capitals or with figures in them."""
    plain = _plain(text)
    for match in _WORD.finditer(plain):
        word = match[0]
        opening = not plain[: match.start()].strip() or bool(SENTENCE_END.search(plain[: match.start()]))
        if word[0].isupper() and (not opening or any(char.isupper() for char in word[1:])) and word != "I":
            yield word


def _held(name: str, words: set[str]) -> bool:
    parts = [part.lower() for part in _PART.findall(name) if len(part) > 1 and not part[0].isdigit()]
    return all(part in words or _inflected(part, words) for part in parts)


def _inflected(part: str, words: set[str]) -> bool:
    stem = part[: max(4, len(part) - 2)]
    return len(part) > 4 and any(word.startswith(stem) for word in words)


def _figure(word: str) -> str:
    """A figure without separators of thousands, and with a point for the decimals."""
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", word):
        return re.sub(r"[.,]", "", word)
    figure = word.replace(",", ".")
    return (figure.rstrip("0").rstrip(".") if "." in figure else figure.lstrip("0")) or "0"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("’", "'")
