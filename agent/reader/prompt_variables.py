"""Prompt variables that describe the reader: the prefix that all of a reader's candidates share."""

from __future__ import annotations

from collections.abc import Sequence

from shortlist.agent.batch import ItemBatch
from shortlist.agent.prompt_safety.sanitize import clean_untrusted
from shortlist.agent.reader.describe_action import describe_action
from shortlist.core.token_estimate import estimate_tokens
from shortlist.core.types import HistoryItem, Profile

TITLE_TOKENS = 30
INTERESTS_TOKENS = 40
CATEGORY_TOKENS = 8
MAX_CATEGORIES = 5
MIN_SHARE = 0.005  # a smaller share of a category would be shown as 0 %


def reader_variables(profile: Profile, items: ItemBatch, max_tokens: int) -> dict[str, str]:
    """Return the values of session, taste, categories and interests; "" for those with nothing to say.

    They take about `max_tokens`. The category mix and stated interests come first, then the current session, newest
    first and skips included, then what the reader liked or disliked most before. `session` and `taste` are lines,
    newest first.
    """
    categories = _categories(profile) if max_tokens else ""
    interests = clean_untrusted(", ".join(profile.interests), INTERESTS_TOKENS) if max_tokens else ""
    start = profile.session_start
    session = [item for item in profile.history if start is not None and item.at >= start]
    earlier = [item for item in profile.history if start is None or item.at < start]
    by_value = [*session, *sorted(earlier, key=lambda item: -abs(item.weight))]
    lines = _fitting_lines(by_value, items, max_tokens - estimate_tokens(categories + interests))
    return {
        "session": "\n".join(lines[item] for item in session if item in lines),
        "taste": "\n".join(lines[item] for item in earlier if item in lines),
        "categories": categories,
        "interests": interests,
    }


def _fitting_lines(by_value: Sequence[HistoryItem], items: ItemBatch, tokens: int) -> dict[HistoryItem, str]:
    """Return the lines of the first items whose lines fit into `tokens` together."""
    lines: dict[HistoryItem, str] = {}
    for item in by_value:
        line = _line(item, items)
        tokens -= estimate_tokens(line) + 1
        if tokens < 0:
            break
        lines[item] = line
    return lines


def _line(item: HistoryItem, items: ItemBatch) -> str:
    category = f" ({clean_untrusted(item.category, CATEGORY_TOKENS)})" if item.category else ""
    action = " ".join(filter(None, describe_action(item, items.length_s(item))))
    return f"- {action}: {clean_untrusted(item.title, TITLE_TOKENS)}{category}"


def _categories(profile: Profile) -> str:
    largest = list(profile.categories.items())[:MAX_CATEGORIES]
    shown = [(clean_untrusted(name, CATEGORY_TOKENS), share) for name, share in largest if share >= MIN_SHARE]
    return ", ".join(f"{name} {share:.0%}" for name, share in shown)
