"""Facts of videos as people read them, the same on the command line, in the chat and on pages."""

from __future__ import annotations

from datetime import datetime


def length(seconds: float) -> str:
    """Return a duration to the nearest second: "0:56", "1:02:03"."""
    return clock(round(seconds))


def clock(seconds: float) -> str:
    """Return a moment, cut to whole seconds: "0:31". A player that starts there misses no word."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def day(moment: datetime) -> str:
    """Return the day of `moment`: "3 Nov 2026"."""
    return f"{moment.day} {moment:%b} {moment.year}"


def ordinal(place: int) -> str:
    """Return a place in a list: "1st", "12th", "31st"."""
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def category_label(name: str | None, is_guess: bool) -> str | None:
    """Return the name of a category, marked if no source gave it: "Comedy (a guess)". None stays None."""
    return f"{name} (a guess)" if name and is_guess else name
