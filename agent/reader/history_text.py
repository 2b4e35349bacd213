"""The part of a prompt that is the reader: the prefix that all of a reader's candidates share."""

from __future__ import annotations

from collections.abc import Sequence

from shortlist.agent.batch import ItemBatch
from shortlist.agent.prompt_safety.sanitize import plain
from shortlist.agent.reader.history_words import deed
from shortlist.core.tokens import estimated_tokens
from shortlist.core.types import HistoryItem, Profile

TITLE_TOKENS = 30
INTERESTS_TOKENS = 40
CATEGORY_TOKENS = 8
MAX_CATEGORIES = 5


def reader_values(profile: Profile, shelf: ItemBatch, max_tokens: int) -> dict[str, str]:
    """Values for a prompt's session, taste, categories and interests; "" where there is nothing to say.

    About `max_tokens` are spent: on the category mix and stated interests, then on the current session, newest first,
    skips among it, then on what the reader liked or disliked most before. Each part is told newest first.
    """
    categories = _categories(profile) if max_tokens else ""
    interests = plain(", ".join(profile.interests), INTERESTS_TOKENS) if max_tokens else ""
    start = profile.session_start
    current = [item for item in profile.history if start is not None and item.at >= start]
    before = [item for item in profile.history if start is None or item.at < start]
    told = _told(
        [*current, *sorted(before, key=lambda item: -abs(item.weight))],
        shelf,
        max_tokens - estimated_tokens(categories + interests),
    )
    return {
        "session": "\n".join(told[item] for item in current if item in told),
        "taste": "\n".join(told[item] for item in before if item in told),
        "categories": categories,
        "interests": interests,
    }


def _told(by_value: Sequence[HistoryItem], shelf: ItemBatch, tokens: int) -> dict[HistoryItem, str]:
    """The lines of as many items, the most telling first, as fit into `tokens`."""
    told: dict[HistoryItem, str] = {}
    for item in by_value:
        line = _line(item, shelf)
        tokens -= estimated_tokens(line) + 1
        if tokens < 0:
            break
        told[item] = line
    return told


def _line(item: HistoryItem, shelf: ItemBatch) -> str:
    category = f" ({plain(item.category, CATEGORY_TOKENS)})" if item.category else ""
    done = " ".join(filter(None, deed(item, shelf.length_s(item))))
    return f"- {done}: {plain(item.title, TITLE_TOKENS)}{category}"


def _categories(profile: Profile) -> str:
    largest = list(profile.categories.items())[:MAX_CATEGORIES]
    return ", ".join(f"{plain(name, CATEGORY_TOKENS)} {share:.0%}" for name, share in largest if share >= 0.005)
