"""Text cut into sentences, and automatic captions without punctuation into pieces of sentence length."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 40  # words of a piece; spoken sentences are shorter, so this only cuts what has no punctuation

_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’)\]]))\s+(?=[\"'“‘(\[¿¡]*[A-ZÀ-ÞА-Я0-9])|\n{2,}|(?<=[。！？])")


def sentences(text: str, longest: int = LONGEST) -> list[str]:
    """The sentences of `text` in order, none blank, none longer than `longest` words."""
    return [piece for sentence in _END.split(text) for piece in _pieces(sentence, longest)]


def first_sentence(text: str, longest: int = LONGEST) -> str:
    """The first of `sentences(text)`, "" when there is none."""
    return next(iter(sentences(text[: longest * 40], longest)), "")


def _pieces(sentence: str, longest: int) -> Iterator[str]:
    words = sentence.split()
    for start in range(0, len(words), longest):
        yield " ".join(words[start : start + longest])
