"""Keyword stuffing: the lists and repetitions in a text, apart from its prose. The rules hold for any language.

A list of chapters, tags or links names subjects and says nothing about them, and a phrase is no truer for being
repeated. Both are how a text gets itself found for what it is not about. The lexical legs count them a tenth, and
summaries and keywords are not taken from them. docs/security.md says what this is worth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, groupby
from typing import NamedTuple

LISTED_WORDS, LISTED_ENTRIES = 8, 3  # an entry set off by marks has at most, and a list at least
BARE_WORDS, BARE_ENTRIES = 3, 4  # the same for lists without marks, such as "Cats. Dogs. Birds. Sea lions."
PHRASE = 3  # words
REPEATED = 0.8  # share of a sentence's words in phrases of earlier sentences
REPEATED_WITHIN = 0.5  # share in phrases that the sentence itself has used before

_BOUNDARY = re.compile(
    r"""(?P<after>\s*(?:[;；|｜•·・]+|[:：](?=\s)|\s[/–—](?=\s))\s*)         # a; b | c / d
      | (?P<before>(?:(?<!\S)[#＃]+|\b\d{1,2}:\d\d(?::\d\d)?\b            # #a 0:00 b
                     |(?<!\S)(?:\d{1,2}|[IVX]{1,4})[.)](?=\s))\s*)         # 1) c II. d
      | (?<=[.!?…])["'”’)\]]?\s+ | (?<=[。！？]) | \n+""",
    re.VERBOSE,
)
# Languages without spaces: two characters are about a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]{1,2}|[^\W_]+(?:['’]\w+)?")


class Sifted(NamedTuple):
    """A text in two parts. Each keeps the order of its pieces, and every character is in one of them."""

    prose: str
    stuffing: str


class _Piece(NamedTuple):
    """A sentence or an entry of a list: its end in the text, its words, and whether a list mark is next to it."""

    end: int
    words: tuple[str, ...]
    marked: bool


def sift(text: str) -> Sifted:
    """Return the prose and the stuffing of `text`. A text of nothing but stuffing is returned as prose."""
    pieces = _pieces(text)
    stuffed = [listed or repeated for listed, repeated in zip(_in_lists(pieces), _repetitions(pieces), strict=True)]
    if not any(stuffed) or all(stuffed):
        return Sifted(text, "")
    parts: tuple[list[str], list[str]] = ([], [])
    start = 0
    for piece, is_stuffed in zip(pieces, stuffed, strict=True):
        parts[is_stuffed].append(text[start : piece.end])
        start = piece.end
    return Sifted("".join(parts[0]), "".join(parts[1]))


def prose(text: str) -> str:
    """Return the prose of `text`."""
    return sift(text).prose


def _pieces(text: str) -> list[_Piece]:
    """Return the pieces of `text`. Signs without a word belong to the piece before them."""
    pieces: list[_Piece] = []
    begin, after_mark = 0, False
    for match in chain(_BOUNDARY.finditer(text), [None]):
        stop, resume, kind = (match.start(), match.end(), match.lastgroup) if match else (len(text), len(text), None)
        words = tuple(_WORD.findall(text[begin:stop].lower()))
        end = stop if kind == "before" else resume
        if words:
            pieces.append(_Piece(end, words, after_mark or kind == "after"))
        elif pieces:
            pieces[-1] = pieces[-1]._replace(end=end)
        after_mark = kind is not None or (after_mark and not words)
        begin = resume
    return pieces


def _in_lists(pieces: Sequence[_Piece]) -> list[bool]:
    """Return for each piece whether it is an entry of a list."""
    entries = [piece.marked and len(piece.words) <= LISTED_WORDS for piece in pieces]
    bare = [len(piece.words) <= BARE_WORDS for piece in pieces]
    lists = zip(_in_runs(entries, LISTED_ENTRIES), _in_runs(bare, BARE_ENTRIES), strict=True)
    return [marked or short for marked, short in lists]


def _in_runs(chosen: Sequence[bool], least: int) -> list[bool]:
    """Return for each value whether it is one of at least `least` true ones in a row."""
    runs = ((value, len(list(group))) for value, group in groupby(chosen))
    return [value and length >= least for value, length in runs for _ in range(length)]


def _repetitions(pieces: Sequence[_Piece]) -> list[bool]:
    """Return for each piece whether it mostly repeats phrases of earlier pieces, or its own."""
    found: list[bool] = []
    earlier: set[tuple[str, ...]] = set()
    for words in (piece.words for piece in pieces):
        phrases = list(zip(*(words[at:] for at in range(PHRASE)), strict=False))
        own = set(phrases)
        again = len(phrases) and PHRASE * sum(map(earlier.__contains__, phrases)) >= REPEATED * len(words)
        within = PHRASE * (len(phrases) - len(own)) >= REPEATED_WITHIN * max(1, len(words))
        found.append(  # the sums are bounds, and cheap
            bool(again and _covered(phrases, earlier) >= REPEATED * len(words))
            or bool(within and _covered_within(phrases) >= REPEATED_WITHIN * len(words))
        )
        earlier |= own
    return found


def _covered(phrases: Sequence[tuple[str, ...]], known: set[tuple[str, ...]]) -> int:
    """Return the number of words in those `phrases`, which follow each other word by word, that are `known`."""
    return len({at + word for at, phrase in enumerate(phrases) if phrase in known for word in range(PHRASE)})


def _covered_within(phrases: Sequence[tuple[str, ...]]) -> int:
    """Return the number of words in phrases that occurred before among `phrases`."""
    used: set[tuple[str, ...]] = set()
    covered: set[int] = set()
    for at, phrase in enumerate(phrases):
        if phrase in used:
            covered.update(range(at, at + PHRASE))
        used.add(phrase)
    return len(covered)
