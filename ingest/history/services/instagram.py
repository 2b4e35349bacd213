"""Instagram's export as JSON: videos and posts that were seen, liked and saved. Most have an author, few a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shortlist.ingest.history.acts import Act, Found, LeftOut, Verb, epoch
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, json_document
from shortlist.ingest.history.video_addresses import video_address

FORM = re.compile(r'"(?:string_map_data|string_list_data|label_values)"')
SEEN, LIKED, SAVED = re.compile(r"watched|seen|viewed|impressions"), re.compile(r"like"), re.compile(r"saved")
AUTHORS = {"author", "auteur", "autore", "username", "owner", "name", "nombre"}
CAPTIONS = {"caption", "title", "legende", "beschriftung", "bijschrift"}
POST = re.compile(r"https://www\.instagram\.com/(?:p|tv|reels?)/[\w-]+", re.ASCII)
NO_POST = LeftOut("entries without an address and an author")


def recognise(head: Head) -> float:
    """The form in which Instagram writes all that it exports; which list it is, its name says."""
    return 0.8 if FORM.search(head.text) and _verb(head.name, head.text[:2000]) else 0.0


def read(part: Part) -> Iterator[Found]:
    """Yield a watch, like or save for each entry."""
    document = json_document(part.path)
    verb = _verb(part.name, str(document)[:2000] if isinstance(document, dict) else "") or "watch"
    lists = document.values() if isinstance(document, dict) else [document]
    for rows in lists:
        for row in rows if isinstance(rows, list) else []:
            yield _act(verb, row) if isinstance(row, dict) else NO_POST


def _verb(name: str, text: str) -> Verb | None:
    for words in (name.casefold().replace("\\", "/").rpartition("/")[2], text.casefold()):
        if SAVED.search(words):
            return "save"
        if LIKED.search(words):
            return "like"
        if SEEN.search(words):
            return "watch"
    return None


def _act(verb: Verb, row: dict[str, Any]) -> Found:
    values = dict(_values(row))
    url = next((value for value in values.values() if POST.match(value)), "")
    author = next((value for name, value in values.items() if name in AUTHORS), "") or _repaired(row.get("title"))
    caption = next((value for name, value in values.items() if name in CAPTIONS), "")
    if not url and not author:
        return NO_POST
    times = [row.get("timestamp"), *(one.get("timestamp") for one in _entries(row))]
    at = epoch(next((time for time in times if time), None))
    address = video_address(url) or (match[0] if (match := POST.match(url)) else "")
    return Act(verb, at, address, caption or (f"Post of {author}" if author else ""), author)


def _entries(row: dict[str, Any]) -> list[dict[str, Any]]:
    of_map = row.get("string_map_data")
    entries = [*(of_map.values() if isinstance(of_map, dict) else []), *(row.get("string_list_data") or [])]
    return [one for one in entries if isinstance(one, dict)]


def _values(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of an entry in whichever of its three forms."""
    of_map = row.get("string_map_data")
    for name, one in of_map.items() if isinstance(of_map, dict) else ():
        if isinstance(one, dict):
            yield _repaired(name).casefold(), _repaired(one.get("value") or one.get("href"))
    for one in row.get("string_list_data") or []:
        if isinstance(one, dict):
            yield "url", str(one.get("href") or "")
    nodes: list[Any] = list(row.get("label_values") or [])
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, list):
            nodes = [*node, *nodes]
        elif isinstance(node, dict):
            if node.get("value") or node.get("href"):
                yield _repaired(node.get("label")).casefold(), str(node.get("href") or _repaired(node["value"]))
            nodes += [child for child in node.values() if isinstance(child, list | dict)]


def _repaired(text: Any) -> str:
    """Return a text that was written as UTF-8 and read as Latin-1 the right way."""
    written = str(text or "")
    try:
        return written.encode("latin-1").decode()
    except UnicodeError:
        return written


def register() -> None:
    """Add the importer to the table."""
    IMPORTERS.add("instagram", Importer("Instagram", recognise, read))
