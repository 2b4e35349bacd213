"""Text for people: facts of videos, the same on the command line, in the chat and on pages, and untrusted text.

Untrusted text is safe to print: a title must neither move the cursor nor reverse the line.
"""

from __future__ import annotations

import re
from datetime import datetime

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # C0 but tab and line feed, DEL, C1
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSAFE_IN_JSON = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # `json` escapes C0 itself


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


def printable(text: str) -> str:
    """Replace control characters except tab and line feed by U+FFFD, and remove bidirectional marks."""
    if text.isascii() and text.isprintable():
        return text
    return _BIDI.sub("", _CONTROLS.sub("\ufffd", text.replace("\r\n", "\n")))


def printable_json(document: str) -> str:
    """Escape the control characters and bidirectional marks in a JSON document; its value stays the same."""
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", document)
