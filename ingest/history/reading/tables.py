"""Tables of read-later services, and of the books at Goodreads."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from shortlist.ingest.history.acts import Act, Found, LeftOut, marked
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.reading.rows import plain_name, row_acts, row_time
from shortlist.ingest.history.text import Head, open_text

MAX_FIELD = 20_000_000  # characters
# The columns by which each is known. An old Instapaper has no time.
SERVICES: Mapping[str, frozenset[str]] = {
    "Pocket": frozenset({"title", "url", "timeadded", "status"}),
    "Instapaper": frozenset({"url", "title", "selection", "folder"}),
    "Readwise Reader": frozenset({"title", "url", "saveddate", "location"}),
    "Raindrop": frozenset({"title", "note", "excerpt", "url", "folder", "created"}),
    "Matter": frozenset({"title", "url", "inqueue", "favorited"}),
    "mymind": frozenset({"type", "title", "url", "content", "created"}),
}
LINKS = frozenset({"url", "title"})  # any other table of links
GOODREADS = frozenset({"bookid", "title", "author", "exclusiveshelf"})
LIKED_STARS, DISLIKED_STARS = 4, 2
NO_TITLE = LeftOut("rows without a title")


def _columns(head: Head) -> frozenset[str]:
    return frozenset(map(plain_name, head.columns))


def _recognise(columns: frozenset[str], confidence: float, head: Head) -> float:
    return confidence if columns <= _columns(head) else 0.0


def read_links(part: Part) -> Iterator[Found]:
    """Yield what each row is: read, liked, or saved."""
    for row in _rows(part):
        yield from row_acts(row)


def _rows(part: Part) -> Iterator[dict[str, str]]:
    """Yield the rows by the plain names of their columns; what is beyond the last column is dropped."""
    csv.field_size_limit(MAX_FIELD)
    with open_text(part.path) as file:
        reader = csv.reader(file)
        names = [plain_name(name.lstrip("\ufeff")) for name in next(reader, [])]
        for row in reader:
            if any(row):
                yield dict(zip(names, row, strict=False))


def read_goodreads(part: Part) -> Iterator[Found]:
    """Yield what each book is; it is known by title and author. Its rating is in stars, 0 for none."""
    for row in _rows(part):
        title, author = row.get("title", "").strip(), row.get("author", "").strip()
        if not title:
            yield NO_TITLE
            continue
        stars = int(row.get("myrating", "").strip() or 0) if row.get("myrating", "").strip().isdigit() else 0
        is_read = row.get("exclusiveshelf", "") == "read"
        at = row_time((row.get("dateread") if is_read else "") or row.get("dateadded"))
        verbs = marked((is_read, "read"), (stars >= LIKED_STARS, "like"), (0 < stars <= DISLIKED_STARS, "dislike"))
        for verb in verbs or marked((True, "save")):
            yield Act(verb, at, title=f"{title} ({author})" if author else title, channel=author, kind="article")


def register() -> None:
    """Add the importers to the table."""
    known: list[tuple[str, frozenset[str], float, Callable[[Part], Iterator[Found]]]] = [
        *((name, columns, 0.9, read_links) for name, columns in SERVICES.items()),
        ("table of links", LINKS, 0.6, read_links),
        ("Goodreads", GOODREADS, 0.95, read_goodreads),
    ]
    for name, columns, confidence, read in known:
        key = name.casefold().replace(" ", "-")
        IMPORTERS.add(key, Importer(name, partial(_recognise, columns, confidence), read))
