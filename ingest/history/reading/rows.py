"""What the rows of read-later services share, as tables and as JSON: their fields under many names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shortlist.ingest.feeds.feed import moment
from shortlist.ingest.history.acts import Found, LeftOut, epoch
from shortlist.ingest.history.links import link

# Names in lower case without spaces and underscores; the first that has a value counts.
URL = ("url", "href", "uri", "link", "resolvedurl", "givenurl", "originalurl", "articleurl")
TITLE = ("title", "name", "resolvedtitle", "giventitle", "articletitle", "description")
TIME = (
    "timeadded", "timestamp", "saveddate", "savedat", "createdat", "created", "dateadded", "addedat", "datecreated",
    "lastinteractiondate", "time", "date", "publisheddate",
)  # fmt: skip
TEXT = ("content", "text", "excerpt", "selection", "extended", "summary", "note")
LIKED = ("isstarred", "starred", "favorite", "favorited", "favourite", "favourited", "isfav", "isfavorite", "liked")
READ = ("isarchived", "archived", "archive", "isread", "read", "seen")
STATES = ("status", "state", "folder", "location")  # one of these says whether it was read
READ_STATES = {"archive", "archived", "read", "completed"}
LIKED_STATES = {"starred", "liked", "favorites", "favourites"}
FEED_STATES = {"feed"}  # Readwise: came by itself, nobody saved it
PROGRESS = ("readingprogress", "readingprogresstoppercent", "progress")
READ_PROGRESS = 0.9
TRUE = {"1", "true", "yes", "y", "t"}
FEED_ENTRY = LeftOut("entries of feeds that nobody saved")
NO_ROW = LeftOut("rows of another form")


def plain_name(name: object) -> str:
    """Return the name of a field as the lists above have it."""
    return "".join(str(name).casefold().replace("_", " ").split())


def row_acts(row: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the acts of a row whose names are plain."""
    state = _text(row, STATES).casefold()
    if state in FEED_STATES:
        yield FEED_ENTRY
        return
    is_read = state in READ_STATES or _is_true(row, READ) or _progress(row) >= READ_PROGRESS
    is_liked = state in LIKED_STATES or _is_true(row, LIKED)
    channel = _text(row, ("author", "publisher", "domain", "sitename"))
    yield from link(
        _text(row, URL), _text(row, TITLE), row_time(_value(row, TIME)), is_read=is_read, is_liked=is_liked,
        text=_text(row, TEXT), channel=channel,
    )  # fmt: skip


def row_time(value: Any) -> datetime | None:
    """Return the time of an ISO text, one of mail, or a number of seconds or milliseconds since 1970; else None."""
    text = str(value or "").strip()
    if text.replace(".", "", 1).isdigit():
        number = float(text)
        return epoch(number / 1000 if number > 1e11 else number)
    return moment(text.replace("/", "-").removesuffix(" UTC"))


def _value(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((value for name in names if (value := row.get(name)) not in (None, "", [], {})), None)


def _text(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    value = _value(row, names)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _is_true(row: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(str(row.get(name, "")).strip().casefold() in TRUE for name in names)


def _progress(row: Mapping[str, Any]) -> float:
    text = _text(row, PROGRESS).strip()
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return 0.0
    return number / 100 if text.endswith("%") or number > 1 else number
