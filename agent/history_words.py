"""What a reader did with an item, in words; the same words in prompts and in reasons."""

from __future__ import annotations

from core.types import HistoryItem

TO_THE_END = 0.9  # this share of a video's length counts as all of it
AT_ONCE_S = 5.0


def action_words(item: HistoryItem, length_s: float | None = None) -> str:
    """For example "watched to the end", "left after 3 s", "liked", "read for 40 s"; `length_s` is the video's length.

    Says "to the end" only where the length is known, and "watched" or "read" alone where the dwell time is not.
    """
    if item.action in ("like", "skip"):
        return {"like": "liked", "skip": "skipped"}[item.action]
    if item.action == "impression":
        return "was shown"
    verb = "watched" if item.kind == "video" else "read"
    return _with_dwell(verb, item.dwell_s, length_s)


def _with_dwell(verb: str, dwell_s: float | None, length_s: float | None) -> str:
    if dwell_s is None:
        return verb
    if length_s and dwell_s >= TO_THE_END * length_s:
        return f"{verb} to the end"
    if dwell_s < AT_ONCE_S:
        return f"left after {dwell_s:.0f} s"
    return f"{verb} for {_span(dwell_s)}"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
