"""Actions of readers in words; prompts, reasons and replies use the same words."""

from __future__ import annotations

from shortlist.core.types import Action, HistoryItem

WHOLE_SHARE = 0.9  # watching this share of a video counts as watching all of it
WATCHED_WHOLE = "to the end"
BOUNCE_S = 5.0
VERBS: dict[Action, str] = {  # of actions without a dwell time
    "like": "liked", "dislike": "disliked", "skip": "skipped", "impression": "was shown",
    "save": "saved", "search": "searched for",
}  # fmt: skip


def is_bounce(item: HistoryItem) -> bool:
    """Return whether the reader opened the item and left within `BOUNCE_S` seconds."""
    return item.action not in VERBS and item.dwell_s is not None and item.dwell_s < BOUNCE_S


def describe_action(item: HistoryItem, length_s: float | None = None) -> tuple[str, str]:
    """Return verb and manner: ("watched", "to the end"), ("left", "after 3 s"), ("read", "for 40 s"), ("liked", "").

    "to the end" needs `length_s`, the duration of the video in seconds. The manner is "" without a dwell time.
    """
    if item.action in VERBS:
        return VERBS[item.action], ""
    verb = "watched" if item.kind == "video" else "read"
    if item.dwell_s is None:
        return verb, ""
    if length_s and item.dwell_s >= WHOLE_SHARE * length_s:
        return verb, WATCHED_WHOLE
    if is_bounce(item):
        return "left", f"after {item.dwell_s:.0f} s"
    return verb, f"for {_duration(item.dwell_s)}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
