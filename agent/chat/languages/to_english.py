"""Recognises messages in Spanish and German, and puts their fixed phrases into the English that the parser reads."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.languages.phrases import Language
from shortlist.agent.chat.nlu.normalise import MAX_CHARS
from shortlist.agent.chat.nlu.vocabulary import word_set

FILE = Path(__file__).with_name("to_english.toml")
WORD = re.compile(r"[^\W\d_]+")
SPANISH = re.compile(r"[¿¡]|\b(?:qué|cómo|dónde|cuándo|quién|cuál)\b", re.IGNORECASE)  # accents mark these as Spanish
ARTICLE = re.compile(r"^(?:the|an?) (?=\w)", re.IGNORECASE)
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
    hits["es"] += len(SPANISH.findall(message))
    language = max(OTHERS, key=lambda other: hits[other])
    if hits[language] <= max(0, english - _in_common(words, language)):
        return message, "en"
    return _translate(message, folded, language)[0], language


def as_written(action: Action, message: str) -> Action:
    """Return the action of a translated message with its topic as `message` has it: topics are searched as written."""
    text, language = to_english(message)
    topics = {name: action.arguments[name] for name in ("about", "text") if action.arguments.get(name)}
    if language == "en" or not topics:
        return action
    _, spans = _translate(message, _fold(message), language)
    return replace(
        action, arguments={**action.arguments, **{k: _source(v, text, message, spans) for k, v in topics.items()}}
    )


def _source(words: str, text: str, message: str, spans: list[tuple[int, int]]) -> str:
    """Return what `message` has where its translation `text` has `words`; `words` if it does not have them.

    An article at the beginning is left out.
    """
    words = ARTICLE.sub("", words)
    start = text.lower().find(words.lower())
    if start < 0 or len(text) != len(text.lower()):
        return words
    return message[spans[start][0] : spans[start + len(words) - 1][1]]


def _translate(message: str, folded: str, language: Language) -> tuple[str, list[tuple[int, int]]]:
    """Return the translation, and for each of its characters the span of `message` that it stands for."""
    characters: list[tuple[str, tuple[int, int]]] = []
    phrases, end = _table(language)["phrases"], 0
    for match in _pattern(language).finditer(folded):
        characters += [(message[at], (at, at + 1)) for at in range(end, match.start())]
        characters += [(char, match.span()) for char in phrases[match[0]]]
        end = match.end()
    characters += [(message[at], (at, at + 1)) for at in range(end, len(message))]
    kept = [one for one in characters if one[0] not in "¿¡"]
    text = "".join(char if not char.isspace() else " " for char, _ in kept)
    single = [at for at in range(len(text)) if text[at] != " " or (at and text[at - 1] != " ")]
    return "".join(text[at] for at in single).rstrip(), [kept[at][1] for at in single]


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
