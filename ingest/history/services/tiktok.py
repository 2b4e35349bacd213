"""TikTok's export as JSON, with the names of before and after 2025. It has neither titles nor authors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shortlist.ingest.feeds.feed import moment
from shortlist.ingest.history.acts import Act, Channel, Found, LeftOut, Verb
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, json_document, open_text
from shortlist.ingest.history.video_addresses import video_address

# The verb of each list by its name; the sections around them were renamed several times.
LISTS: Mapping[str, Verb] = {
    "VideoList": "watch", "ItemFavoriteList": "like", "FavoriteVideoList": "save",
}  # fmt: skip
FOLLOWED, SEARCHES = "Following", "SearchList"
SECTIONS = (
    '"Activity"',
    '"Your Activity"',
    '"Likes and Favorites"',
    '"Profile And Settings"',
    '"Video Browsing History"',
)
NO_VIDEO = LeftOut("entries without the address of a video")


def recognise(head: Head) -> float:
    """Sections and lists of the export; it begins with whatever section comes first."""
    text = head.text
    named = any(name in text for name in SECTIONS)
    return 0.9 if text.startswith("{") and named and ("tiktok" in text.casefold() or '"VideoList"' in text) else 0.0


def read(part: Part) -> Iterator[Found]:
    """Yield watches, likes, saves, searches and the people followed. A time has no zone, and is read as UTC."""
    nodes: list[Any] = [json_document(part.path)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        if not isinstance(node, dict):
            continue
        for name, value in node.items():
            rows = value if isinstance(value, list) else []
            if name in LISTS:
                yield from (_video(LISTS[name], row) for row in rows)
            elif name == SEARCHES:
                yield from _searches(rows)
            elif name == FOLLOWED and rows:
                yield from _channels(rows)
            elif isinstance(value, dict | list):
                nodes.append(value)


def _field(row: Any, *names: str) -> str:
    values = {str(name).casefold(): value for name, value in row.items()} if isinstance(row, dict) else {}
    return next((str(values[name]) for name in names if values.get(name)), "")


def _video(verb: Verb, row: Any) -> Found:
    url = _field(row, "link", "videolink")
    address = video_address(url)
    return Act(verb, moment(_field(row, "date")), address) if address else NO_VIDEO


def _searches(rows: list[Any]) -> Iterator[Found]:
    for row in rows:
        if words := " ".join(_field(row, "searchterm").split()):
            yield Act("search", moment(_field(row, "date")), title=words, kind="article")


def _channels(rows: list[Any]) -> Iterator[Found]:
    for row in rows:
        if name := _field(row, "username"):
            yield Channel(name, f"https://www.tiktok.com/@{name}")


def is_text(head: Head) -> float:
    """The default export: lines of dates and links in many files."""
    text = head.text
    return 0.8 if text.startswith("Date: ") and "Link: " in text and "tiktok" in text.casefold() else 0.0


def read_text(part: Part) -> Iterator[Found]:
    """Yield what the name of the file says that the links are: likes, favourites, or else watches."""
    name = part.name.casefold()
    verb: Verb = "like" if "like" in name else "save" if "favorite" in name else "watch"
    date = ""
    with open_text(part.path) as file:
        for line in file:
            key, _, value = line.strip().partition(": ")
            if key == "Date":
                date = value.removesuffix(" UTC")
            elif key == "Link":
                yield _video(verb, {"date": date, "link": value})


def register() -> None:
    """Add the importers to the table."""
    IMPORTERS.add("tiktok", Importer("TikTok (JSON)", recognise, read))
    IMPORTERS.add("tiktok-text", Importer("TikTok (text)", is_text, read_text))
