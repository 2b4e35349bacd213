"""OPML: the feeds that a reader of feeds follows."""

from __future__ import annotations

from collections.abc import Iterator

from shortlist.core.errors import UsageError
from shortlist.ingest.feeds.feed import NotAFeed
from shortlist.ingest.feeds.xml_feed import opml_feeds
from shortlist.ingest.history.acts import Channel, Found
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import MAX_WHOLE, Head


def recognise(head: Head) -> float:
    """The element that names the format."""
    return 0.95 if "<opml" in head.text[:2000].casefold() else 0.0


def read(part: Part) -> Iterator[Found]:
    """Yield each feed as a channel."""
    try:
        with part.path.open("rb") as file:
            feeds = opml_feeds(file.read(MAX_WHOLE))
    except NotAFeed as error:
        raise UsageError(
            f"{part.name}: unreadable", expected="OPML as a reader of feeds exports it", found=str(error),
            remedy="export it again",
        ) from error  # fmt: skip
    for address, title in feeds.items():
        yield Channel(title or address, address)


def register() -> None:
    """Add the importer to the table."""
    IMPORTERS.add("opml", Importer("OPML", recognise, read))
