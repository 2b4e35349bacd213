"""YouTube's watch and search history and My Activity, as HTML from Google Takeout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from shortlist.ingest.history.acts import Found
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.page_times import page_time
from shortlist.ingest.history.takeout import entry
from shortlist.ingest.history.text import CHUNK, Head, open_text

CELL = 'class="outer-cell'
LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
BODY = re.compile(r'<div class="content-cell[^"]*body-1">(.*?)</div>', re.DOTALL)
HEADER = re.compile(r'<p class="mdl-typography--title">(.*?)<br', re.DOTALL)
BREAK = re.compile(r"<br\s*/?>")
TAG = re.compile(r"<[^>]*>")
MAX_CELL = 1_000_000  # characters
DETAILS = 3  # bold captions below an entry: products, why it is here, and details of an advertisement


def recognise(head: Head) -> float:
    """The page of Takeout has its styles first, so the first entry may come late."""
    page = head.text[:200].casefold().startswith(("<html", "<!doctype html")) and "mdl-" in head.text
    return 0.9 if page and ("outer-cell" in head.text or "content-cell" in head.text) else 0.0


def read(part: Part) -> Iterator[Found]:
    """Yield every entry."""
    for cell in _cells(part):
        if (found := _found(cell)) is not None:
            yield found


def _cells(part: Part) -> Iterator[str]:
    """Yield the HTML of each entry."""
    with open_text(part.path) as file:
        rest = ""
        while chunk := file.read(CHUNK):
            *cells, rest = (rest + chunk).split(CELL)
            yield from cells
            rest = rest[-MAX_CELL:]
        yield rest


def _found(cell: str) -> Found | None:
    body = BODY.search(cell)
    if body is None:
        return None
    header = HEADER.search(cell)
    lines = BREAK.split(body[1].rstrip().removesuffix("<br>").replace("\u202f", " "))
    links = LINK.findall(lines[0])
    url = links[0][0] if links else ""
    channel = LINK.search(lines[1]) if len(lines) > 2 else None
    title = _text(lines[0])
    at = page_time(_text(lines[-1]))
    return entry(
        title, unescape(url), _text(channel[2]) if channel else "", at, is_ad=cell.count("<b>") >= DETAILS,
        header=_text(header[1]) if header else "YouTube",
    )  # fmt: skip


def _text(html: str) -> str:
    return " ".join(unescape(TAG.sub("", html)).replace("\xa0", " ").split())


def register() -> None:
    """Add the importer to the table."""
    IMPORTERS.add("youtube-activity-html", Importer("YouTube history (HTML)", recognise, read))
