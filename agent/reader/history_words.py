"""What a reader did with an item, in words; the same words in prompts and in reasons."""

from __future__ import annotations

from shortlist.core.types import Action, HistoryItem

TO_THE_END = 0.9  # this share of a video's length counts as all of it
AT_ONCE_S = 5.0
PLAIN: dict[Action, str] = {"like": "liked", "skip": "skipped", "impression": "was shown"}


def left_at_once(item: HistoryItem) -> bool:
    """Whether the reader opened the item and left before they can have taken it in."""
    return item.action not in PLAIN and item.dwell_s is not None and item.dwell_s < AT_ONCE_S


def deed(item: HistoryItem, length_s: float | None = None) -> tuple[str, str]:
    """Verb and manner: ("watched", "to the end"), ("left", "after 3 s"), ("read", "for 40 s"), ("liked", "").

    Says "to the end" only where `length_s`, the length of the video, is known; no manner where the dwell time is not.
    """
    if item.action in PLAIN:
        return PLAIN[item.action], ""
    verb = "watched" if item.kind == "video" else "read"
    if item.dwell_s is None:
        return verb, ""
    if length_s and item.dwell_s >= TO_THE_END * length_s:
        return verb, "to the end"
    if left_at_once(item):
        return "left", f"after {item.dwell_s:.0f} s"
    return verb, f"for {_span(item.dwell_s)}"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
