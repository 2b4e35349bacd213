"""Recognises messages in Spanish and German, and puts their fixed phrases into the English that the parser reads."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from shortlist.agent.chat.languages.phrases import Language
from shortlist.agent.chat.nlu.normalise import MAX_CHARS
from shortlist.agent.chat.nlu.vocabulary import word_set

FILE = Path(__file__).with_name("to_english.toml")
WORD = re.compile(r"[^\W\d_]+")
MIN_CHARS = 3  # shorter words are no sign of a language
OTHERS: tuple[Language, ...] = ("es", "de")


def to_english(message: str) -> tuple[str, Language]:
    """Return `message` with its Spanish or German phrases in English, other words as they are, and its language.

    Only the first `MAX_CHARS` are read, as by the parser.
    """
    message = message[:MAX_CHARS]
    folded = _fold(message)
    words = WORD.findall(folded)
    english = sum(word in word_set("filler") or word in word_set("keywords") for word in words)
    hits = {language: sum(word in _signs(language) for word in words) for language in OTHERS}
    whole = " ".join(words)
    hits = {language: n + (whole in _table(language)["phrases"]) for language, n in hits.items()}
    language = max(OTHERS, key=lambda other: hits[other])
    if hits[language] <= max(0, english - _in_common(words, language)):
        return message, "en"
    return _translate(message, folded, language), language


def _translate(message: str, folded: str, language: Language) -> str:
    parts, end = [], 0
    phrases = _table(language)["phrases"]
    for match in _pattern(language).finditer(folded):
        parts += [message[end : match.start()], phrases[match[0]]]
        end = match.end()
    text = " ".join("".join([*parts, message[end:]]).split())
    return text.replace("¿", "").replace("¡", "")


def _in_common(words: list[str], language: Language) -> int:
    """Return the number of `words` that English has too, but not as signs of it: "me", "no", "was"."""
    return sum(word in _common(language) for word in words)


def _fold(text: str) -> str:
    """Return `text` in lower case without accents, character by character, so that places stay the same."""
    return "".join(unicodedata.normalize("NFKD", char)[0].lower()[:1] or char for char in text)


@cache
def _signs(language: Language) -> frozenset[str]:
    """Return the words that are a sign of `language`."""
    words = {word for phrase in _table(language)["phrases"] for word in WORD.findall(phrase) if len(word) >= MIN_CHARS}
    return frozenset(words - _common(language) - word_set("filler") - word_set("keywords"))


@cache
def _common(language: Language) -> frozenset[str]:
    return frozenset(_table(language)["common"].split())


@cache
def _pattern(language: Language) -> re.Pattern[str]:
    phrases = sorted(_table(language)["phrases"], key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases))})(?!\w)")


@cache
def _table(language: Language) -> Mapping[str, Any]:
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))[language]
    return {**table, "phrases": {_fold(phrase): english for phrase, english in table["phrases"].items()}}
