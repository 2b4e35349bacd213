"""Split text into sentences, and text without punctuation into pieces of similar length."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_WORDS = 40  # spoken sentences are shorter, so this only splits text without punctuation

_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’)\]]))\s+(?=[\"'“‘(\[¿¡]*[A-ZÀ-ÞА-Я0-9])|\n{2,}|(?<=[。！？])")


def sentences(text: str, longest: int = MAX_WORDS) -> list[str]:
    """Return the sentences of `text` in order, none blank and none longer than `longest` words."""
    return [piece for sentence in _END.split(text) for piece in _pieces(sentence, longest)]


def first_sentence(text: str, longest: int = MAX_WORDS) -> str:
    """Return the first sentence of `text`, or "" if there is none."""
    return next(iter(sentences(text[: longest * 40], longest)), "")


def _pieces(sentence: str, longest: int) -> Iterator[str]:
    words = sentence.split()
    for start in range(0, len(words), longest):
        yield " ".join(words[start : start + longest])
