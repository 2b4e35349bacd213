"""Corrects typos in keywords of the grammar. Other words, and so all topics, stay as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shortlist.agent.chat.nlu.vocabulary import word_list, word_map, word_set

MIN_CHARS = 4  # shorter words are not corrected
WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")


def correct_spelling(text: str) -> tuple[str, Mapping[str, str]]:
    """Return `text` with keywords corrected, and a map from corrected to original words, to undo it in topics."""
    changes: dict[str, str] = {}

    def correct(match: re.Match[str]) -> str:
        word = match[0]
        keyword = _keyword(word.lower())
        if keyword is None:
            return word
        changes[keyword] = word
        return keyword

    return WORD.sub(correct, text), changes


def restore_spelling(text: str, changes: Mapping[str, str]) -> str:
    """Return `text` with the corrections undone."""
    return WORD.sub(lambda match: changes.get(match[0], match[0]), text)


def _keyword(word: str) -> str | None:
    if word in word_map("short_forms"):
        return str(word_map("short_forms")[word])
    if word in word_set("keywords") or word in word_set("real") or len(word) < MIN_CHARS:
        return None
    return next((keyword for keyword in word_list("keywords") if _is_typo(word, keyword)), None)


def _is_typo(word: str, keyword: str) -> bool:
    """Return whether `word` is `keyword` with swapped, missing or extra letters, if longer also wrong ones.

    The first letter must be right.
    """
    from rapidfuzz.distance import DamerauLevenshtein, Indel

    if word[0] != keyword[0] or abs(len(word) - len(keyword)) > 2:
        return False
    if sorted(word) == sorted(keyword):
        return DamerauLevenshtein.distance(word, keyword) == 1
    if len(keyword) < 6:
        return len(keyword) == 5 and Indel.distance(word, keyword) == 1
    allowed = 1 if len(keyword) < 9 else 2
    return 0 < DamerauLevenshtein.distance(word, keyword) <= allowed
