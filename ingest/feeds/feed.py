"""A feed and its entries, whatever the format they are written in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape

MAX_ENTRIES = 500
MAX_TEXT = 20_000  # characters of one description

TAG = re.compile(r"<[^<>]*>")
CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d\d)|(\d+(?:\.\d+)?)", re.ASCII)


class NotAFeed(ValueError):
    """Raised for content that is no feed, or a dangerous one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A video, or an episode of a podcast. `address` is its page, else its file."""

    address: str
    title: str
    description: str = ""
    picture: str | None = None
    duration_s: float | None = None
    published: datetime | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed. `others` counts its entries without a video."""

    title: str
    entries: Sequence[Entry]
    others: int = 0


def plain(text: str | None) -> str:
    """Return `text` without markup, at most `MAX_TEXT` characters of it."""
    return " ".join(unescape(TAG.sub(" ", (text or "")[: 4 * MAX_TEXT])).split())[:MAX_TEXT]


def moment(text: str | None) -> datetime | None:
    """Return the time in ISO 8601 or in the form of mail, UTC if it names no zone. None if it cannot be read."""
    text = (text or "").strip()
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def seconds(text: str | None) -> float | None:
    """Return the length that `text` gives as seconds, M:SS or H:MM:SS. None if it cannot be read."""
    found = CLOCK.fullmatch((text or "").strip())
    if found is None:
        return None
    hours, minutes, rest, plain_seconds = found.groups()
    return float(plain_seconds) if plain_seconds else int(hours or 0) * 3600.0 + int(minutes) * 60 + int(rest)
