"""Histories and bookmarks of browsers: Firefox, Chromium and Safari with their relatives, and qutebrowser."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from shortlist.ingest.history.acts import FIRST, Found, epoch
from shortlist.ingest.history.databases import copy_of
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, json_document
from shortlist.ingest.history.visits import Visit, found_in

FROM_1601 = 11_644_473_600  # seconds to 1970: the clock of Windows, and of Chromium
FROM_2001 = 978_307_200  # seconds from 1970: the clock of Apple


@dataclass(frozen=True, slots=True)
class Browser:
    """A family of browsers by its tables; the queries return address, title, seconds since 1970, and seconds open."""

    label: str
    tables: frozenset[str]
    visits: str
    bookmarks: str = ""

    def recognise(self, head: Head) -> float:
        """The tables of a history."""
        return 0.95 if self.tables <= head.tables else 0.0

    def read(self, part: Part) -> Iterator[Found]:
        """Yield the visits, then the bookmarks. Few browsers write down how long a page was open."""
        with copy_of(part.path) as database:
            yield from found_in(_visit(row) for row in database.execute(self.visits))
            if self.bookmarks:
                yield from found_in(
                    Visit(url or "", title or "", epoch(at), verb="save")
                    for url, title, at in database.execute(self.bookmarks)
                )


# Firefox counts microseconds, on telephones milliseconds.
FIREFOX = Browser(
    "Firefox history", frozenset({"moz_historyvisits", "moz_places"}),
    """SELECT p.url, p.title, CASE WHEN v.visit_date > 3e14 THEN v.visit_date / 1e6 ELSE v.visit_date / 1e3 END AS at,
       NULL FROM moz_historyvisits v JOIN moz_places p ON v.place_id = p.id ORDER BY at""",
    """SELECT p.url, coalesce(b.title, p.title),
       CASE WHEN b.dateAdded > 3e14 THEN b.dateAdded / 1e6 ELSE b.dateAdded / 1e3 END AS at
       FROM moz_bookmarks b JOIN moz_places p ON b.fk = p.id WHERE b.type = 1 ORDER BY at""",
)  # fmt: skip
FENNEC = Browser(
    "Firefox history (old Android)", frozenset({"history", "visits", "searchhistory"}),
    """SELECT h.url, h.title, CASE WHEN v.date > 3e14 THEN v.date / 1e6 ELSE v.date / 1e3 END AS at, NULL
       FROM visits v JOIN history h ON v.history_guid = h.guid ORDER BY at""",
)  # fmt: skip
CHROMIUM = Browser(
    "Chromium history", frozenset({"urls", "visits", "keyword_search_terms"}),
    f"""SELECT u.url, u.title, v.visit_time / 1e6 - {FROM_1601} AS at, v.visit_duration / 1e6
       FROM visits v JOIN urls u ON v.url = u.id ORDER BY at""",
)  # fmt: skip
SAFARI = Browser(
    "Safari history", frozenset({"history_visits", "history_items"}),
    f"""SELECT i.url, v.title, v.visit_time + {FROM_2001} AS at, NULL
       FROM history_visits v JOIN history_items i ON v.history_item = i.id ORDER BY at""",
)  # fmt: skip
QUTEBROWSER = Browser(
    "qutebrowser history", frozenset({"CompletionMetaInfo", "History"}),
    "SELECT url, title, atime, NULL FROM History ORDER BY atime",
)  # fmt: skip


def _visit(row: sqlite3.Row) -> Visit:
    url, title, at, seconds = row
    return Visit(url or "", title or "", epoch(at), seconds or None)


def is_chrome_takeout(head: Head) -> float:
    """The history of Chrome in Google Takeout; the name of the list may be translated, its fields are not."""
    return 0.9 if head.text.startswith("{") and '"time_usec"' in head.text and '"page_transition"' in head.text else 0.0


def read_chrome_takeout(part: Part) -> Iterator[Found]:
    """Yield the visits."""
    document = json_document(part.path)
    lists = [rows for rows in document.values() if isinstance(rows, list)] if isinstance(document, dict) else []
    visits = [
        Visit(str(row.get("url") or ""), str(row.get("title") or ""), epoch(row.get("time_usec"), 1e-6))
        for rows in lists
        for row in rows
        if isinstance(row, dict)
    ]
    yield from found_in(sorted(visits, key=lambda visit: visit.at or FIRST))


def register() -> None:
    """Add the importers to the table."""
    for browser in (FIREFOX, FENNEC, CHROMIUM, SAFARI, QUTEBROWSER):
        IMPORTERS.add(
            browser.label.casefold().replace(" ", "-"), Importer(browser.label, browser.recognise, browser.read)
        )
    IMPORTERS.add("chrome-takeout", Importer("Chrome history (Takeout)", is_chrome_takeout, read_chrome_takeout))
