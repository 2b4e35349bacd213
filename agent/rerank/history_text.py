"""The part of a prompt that is the reader: the prefix that all of a reader's candidates share."""

from __future__ import annotations

from collections.abc import Sequence

from agent.candidate_text import clean
from agent.history_words import deed
from agent.shelf import Shelf
from core.types import HistoryItem, Profile

TITLE_WORDS = 24
INTERESTS_WORDS = 30
MAX_CATEGORIES = 5


def reader_values(profile: Profile, shelf: Shelf, history_items: int) -> dict[str, str]:
    """Values for a prompt's session, taste, categories and interests; "" where there is nothing to say.

    The newest `history_items` items are told, skips among them, the current session apart from what came before.
    """
    told = profile.history[:history_items]
    start = profile.session_start
    current = [item for item in told if start is not None and item.at >= start]
    return {
        "session": _lines(current, shelf),
        "taste": _lines(told[len(current) :], shelf),
        "categories": _categories(profile) if told else "",
        "interests": clean(", ".join(profile.interests), INTERESTS_WORDS),
    }


def _lines(items: Sequence[HistoryItem], shelf: Shelf) -> str:
    return "\n".join(_line(item, shelf) for item in items)


def _line(item: HistoryItem, shelf: Shelf) -> str:
    category = f" ({clean(item.category, 4)})" if item.category else ""
    done = " ".join(filter(None, deed(item, shelf.length_s(item))))
    return f"- {done}: {clean(item.title, TITLE_WORDS)}{category}"


def _categories(profile: Profile) -> str:
    largest = list(profile.categories.items())[:MAX_CATEGORIES]
    return ", ".join(f"{clean(name, 4)} {share:.0%}" for name, share in largest if share >= 0.005)
