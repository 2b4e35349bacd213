"""Typos in the words that the grammar turns on. Any other word, and so every topic, stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shortlist.agent.chat.nlu.words import word_list, word_map, word_set

SHORTEST = 4  # letters of a word that may be a misspelt keyword
WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")


def corrected(text: str) -> tuple[str, Mapping[str, str]]:
    """`text` with misspelt keywords put right, and what each corrected word was, to undo it inside a topic."""
    changes: dict[str, str] = {}

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        right = _keyword(word.lower())
        if right is None:
            return word
        changes[right] = word
        return right

    return WORD.sub(mend, text), changes


def as_written(text: str, changes: Mapping[str, str]) -> str:
    """`text` with the corrections taken back."""
    return WORD.sub(lambda match: changes.get(match[0], match[0]), text)


def _keyword(word: str) -> str | None:
    if word in word_map("short_forms"):
        return str(word_map("short_forms")[word])
    if word in word_set("keywords") or word in word_set("real") or len(word) < SHORTEST:
        return None
    return next((keyword for keyword in word_list("keywords") if _is_typo(word, keyword)), None)


def _is_typo(word: str, keyword: str) -> bool:
    """Neighbours swapped, a letter missing or too many; in longer words also a wrong one; never the first."""
    from rapidfuzz.distance import DamerauLevenshtein, Indel

    if word[0] != keyword[0] or abs(len(word) - len(keyword)) > 2:
        return False
    if sorted(word) == sorted(keyword):
        return DamerauLevenshtein.distance(word, keyword) == 1
    if len(keyword) < 6:
        return len(keyword) == 5 and Indel.distance(word, keyword) == 1
    allowed = 1 if len(keyword) < 9 else 2
    return 0 < DamerauLevenshtein.distance(word, keyword) <= allowed
