"""How many tokens a text costs, about, without a tokenizer: every model has its own, and budgets need no better."""

from __future__ import annotations

CHARS_PER_TOKEN = 4  # of English; a character of any other script counts as a token


def estimated_tokens(text: str) -> int:
    """About how many tokens `text` is; rather too many than too few."""
    units = sum(1 if char.isascii() else CHARS_PER_TOKEN for char in text)
    return -(-units // CHARS_PER_TOKEN)


def cut(text: str, tokens: int) -> str:
    """The beginning of `text` that fits `tokens`, in whole words where it has words."""
    room = tokens * CHARS_PER_TOKEN
    for at, char in enumerate(text):
        room -= 1 if char.isascii() else CHARS_PER_TOKEN
        if room < 0:
            return _whole_words(text, at)
    return text


def _whole_words(text: str, end: int) -> str:
    before, space, _ = text[: end + 1].rpartition(" ")
    return before.rstrip() if space and before.strip() else text[:end].rstrip()
