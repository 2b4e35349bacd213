"""ActivityWatch: the pages that its watcher of browsers saw, with how long each was open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shortlist.ingest.feeds.feed import moment
from shortlist.ingest.history.acts import Found
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, json_document
from shortlist.ingest.history.visits import PRIVATE_WINDOW, Visit, found_in

WEB = "web.tab.current"


def recognise(head: Head) -> float:
    """An export of all buckets, or of one that has pages."""
    known = '"buckets"' in head.text and ("aw-watcher" in head.text or WEB in head.text)
    return 0.9 if head.text.startswith("{") and known else 0.0


def read(part: Part) -> Iterator[Found]:
    """Yield the pages. Parts of one visit, which its watcher writes down one by one, are added."""
    buckets = json_document(part.path).get("buckets")
    for bucket in buckets.values() if isinstance(buckets, dict) else []:
        if isinstance(bucket, dict) and bucket.get("type") == WEB:
            events = [event for event in bucket.get("events") or [] if isinstance(event, dict)]
            events.sort(key=lambda event: str(event.get("timestamp")))
            yield from (PRIVATE_WINDOW for event in events if _data(event).get("incognito"))
            yield from found_in(_visits(event for event in events if not _data(event).get("incognito")))


def _data(event: dict[str, Any]) -> dict[str, Any]:
    data = event.get("data")
    return data if isinstance(data, dict) else {}


def _visits(events: Iterator[dict[str, Any]]) -> Iterator[Visit]:
    open_: Visit | None = None
    for event in events:
        data, duration = _data(event), event.get("duration")
        seconds = float(duration) if isinstance(duration, int | float) else 0.0
        url, title = str(data.get("url") or ""), str(data.get("title") or "")
        if open_ is not None and open_.url == url:
            open_ = Visit(url, title or open_.title, open_.at, (open_.seconds or 0.0) + seconds)
            continue
        if open_ is not None:
            yield open_
        open_ = Visit(url, title, moment(str(event.get("timestamp"))), seconds)
    if open_ is not None:
        yield open_


def register() -> None:
    """Add the importer to the table."""
    IMPORTERS.add("activitywatch", Importer("ActivityWatch", recognise, read))
