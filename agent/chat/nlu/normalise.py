"""Normalises a message before it is parsed."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 2000
THUMBS = {"👍": " thumbs up ", "👎": " thumbs down "}
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
EMOJI_PARTS = frozenset("\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}") | set(map(chr, range(0x1F3FB, 0x1F400)))


def normalise(message: str) -> str:
    """Return `message` on one line in NFKC, at most `MAX_CHARS` long, without control characters and emoji.

    Thumbs are words.
    Letters repeated for emphasis ("loooong") are reduced.
    """
    text = unicodedata.normalize("NFKC", message[:MAX_CHARS]).replace("’", "'")
    for thumb, words in THUMBS.items():
        text = text.replace(thumb, words)
    text = text[:MAX_CHARS]
    text = STRETCHED.sub(_reduce, "".join(" " if _is_noise(char) else char for char in text))
    return " ".join(text.split())


def _reduce(stretched: re.Match[str]) -> str:
    """Return two letters for e and o ("good"), else one ("hey"); a word of one letter ("zzz") stays."""
    around = (
        stretched.string[max(0, stretched.start() - 1) : stretched.start()] + stretched.string[stretched.end() :][:1]
    )
    if not any(char.isalpha() for char in around):
        return stretched[0]
    return stretched[1] * (2 if stretched[1].lower() in "eo" else 1)


def _is_noise(char: str) -> bool:
    """Return whether `char` is a control character, a lone surrogate, or part of an emoji."""
    return unicodedata.category(char) in {"Cc", "Cs", "So"} or char in EMOJI_PARTS
