"""Bookmarks: the page that every browser and most services export, Pocket's page, and the JSON of browsers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from shortlist.ingest.history.acts import Found, LeftOut, epoch
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.links import link
from shortlist.ingest.history.text import CHUNK, Head, json_document, open_text

FROM_1601 = 11_644_473_600  # seconds from 1601, where Chromium's clock starts, to 1970
READ_HEADING = "read archive"  # of Pocket's page
MILLISECONDS = 1e11  # seconds of the year 5138: a greater number has another unit
MAX_TITLE = 10_000  # characters
FEED = LeftOut("feeds and live bookmarks: import their OPML")


def is_page(head: Head) -> float:
    """The page of bookmarks says what it is in its first line, that of Pocket in its title."""
    start = head.text[:2000].casefold()
    return (
        0.95 if start.startswith("<!doctype netscape-bookmark-file") or "<title>pocket export</title>" in start else 0.0
    )


def read_page(part: Part) -> Iterator[Found]:
    """Yield a save for each link, or that it was read or liked where the page says so."""
    page = _Page()
    with open_text(part.path) as file:
        while chunk := file.read(CHUNK):
            page.feed(chunk)
            yield from page.take()
    page.close()
    yield from page.take()


class _Page(HTMLParser):
    """Collects the links of the page. Its lists are never closed, so nothing waits for the end of one."""

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Found] = []
        self._link: dict[str, str | None] | None = None
        self._title = ""
        self._heading: str | None = None
        self._is_archive = False

    def take(self) -> list[Found]:
        """Return what was found since the last call."""
        found, self._found = self._found, []
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A link or a heading begins."""
        if tag == "a":
            self._link, self._title = dict(attrs), ""
        elif tag == "h1":
            self._heading = ""

    def handle_data(self, data: str) -> None:
        """Part of a title."""
        if self._link is not None:
            self._title = (self._title + data)[:MAX_TITLE]
        elif self._heading is not None:
            self._heading = (self._heading + data)[:MAX_TITLE]

    def handle_endtag(self, tag: str) -> None:
        """A link or a heading ends."""
        if tag == "a" and self._link is not None:
            self._found += self._acts(self._link)
            self._link = None
        elif tag == "h1" and self._heading is not None:
            self._is_archive, self._heading = self._heading.strip().casefold() == READ_HEADING, None

    def _acts(self, link_: dict[str, str | None]) -> Iterator[Found]:
        url = link_.get("href") or ""
        if "feedurl" in link_ or url.startswith("feed:"):
            yield FEED
            return
        at = _time(link_.get("add_date") or link_.get("time_added"))
        unread = (link_.get("toread") or link_.get("unread") or "") == "1"
        is_read = self._is_archive or (not unread and ("toread" in link_ or link_.get("unread") == "0"))
        is_liked = link_.get("data-favorite") == "true" or link_.get("favorite") in ("1", "true")
        yield from link(url, self._title, at, is_read=is_read, is_liked=is_liked)


def _time(text: str | None) -> datetime | None:
    """Return the time of seconds, or of milliseconds or microseconds, since 1970."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    unit = next((unit for unit in (1.0, 1e-3, 1e-6) if number * unit < MILLISECONDS), 1.0)
    return epoch(number, unit)


def is_profile(head: Head) -> float:
    """The file `Bookmarks` of a Chromium profile, or a backup of Firefox's bookmarks."""
    chromium = '"roots"' in head.text and '"bookmark_bar"' in head.text
    return 0.9 if head.text.startswith("{") and (chromium or '"text/x-moz-place-container"' in head.text) else 0.0


def read_profile(part: Part) -> Iterator[Found]:
    """Yield a save for each bookmark."""
    nodes: list[Any] = [json_document(part.path)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += reversed(node)
        elif isinstance(node, dict):
            yield from _bookmark(node)
            nodes += [child for child in node.values() if isinstance(child, dict | list)]


def _bookmark(node: dict[str, Any]) -> Iterator[Found]:
    url = node.get("uri") or node.get("url")
    if not isinstance(url, str) or url.startswith("place:"):  # a search of Firefox's
        return
    if "date_added" in node:
        at = epoch(_number(node["date_added"]) / 1e6 - FROM_1601)
    else:
        at = epoch(_number(node.get("dateAdded")), 1e-6) if "dateAdded" in node else None
    yield from link(url, str(node.get("title") or node.get("name") or ""), at)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def register() -> None:
    """Add the importers to the table."""
    IMPORTERS.add("bookmarks-html", Importer("bookmarks (HTML)", is_page, read_page))
    IMPORTERS.add("bookmarks-json", Importer("bookmarks of a browser (JSON)", is_profile, read_profile))
