"""Token counts without a tokenizer: every model has its own, and budgets need no exact counts."""

from __future__ import annotations

CHARS_PER_TOKEN = 4  # in English; each character of another script counts as a token


def estimate_tokens(text: str) -> int:
    """Return about how many tokens `text` has, rather too many than too few."""
    units = sum(1 if char.isascii() else CHARS_PER_TOKEN for char in text)
    return -(-units // CHARS_PER_TOKEN)


def truncate(text: str, tokens: int) -> str:
    """Return the beginning of `text` that fits `tokens`, cut between words if possible."""
    room = tokens * CHARS_PER_TOKEN
    for at, char in enumerate(text):
        room -= 1 if char.isascii() else CHARS_PER_TOKEN
        if room < 0:
            return _cut_between_words(text, at)
    return text


def _cut_between_words(text: str, end: int) -> str:
    before, space, _ = text[: end + 1].rpartition(" ")
    return before.rstrip() if space and before.strip() else text[:end].rstrip()
