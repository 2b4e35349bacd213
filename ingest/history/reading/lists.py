"""JSON of read-later services: wallabag, Omnivore, Karakeep, Linkwarden, Pinboard, and any list of links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shortlist.ingest.history.acts import Found, LeftOut
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.reading.rows import NO_ROW, URL, plain_name, row_acts
from shortlist.ingest.history.text import Head, json_document, json_records

LINK = re.compile(r'"(?:url|href|uri)"\s*:\s*"https?:')
TITLE = re.compile(r'"(?:title|name|description)"\s*:')
NOT_LINKS = ('"titleUrl"', '"videoId"', '"extractor"')  # other services, which have their own importers


def is_list(head: Head) -> float:
    """A list of objects with an address and a title."""
    text = head.text
    links = text.startswith("[") and LINK.search(text) and TITLE.search(text)
    return 0.6 if links and not any(name in text for name in NOT_LINKS) else 0.0


def read_list(part: Part) -> Iterator[Found]:
    """Yield what each element is: read, liked, or saved."""
    for record in json_records(part.path):
        if isinstance(record, LeftOut):
            yield record
        else:
            yield from _acts(record)


def is_karakeep(head: Head) -> float:
    """One object with the list `bookmarks`: Readability had that, too."""
    return 0.8 if head.text.startswith("{") and '"bookmarks"' in head.text and 'url"' in head.text else 0.0


def is_linkwarden(head: Head) -> float:
    """One object with the list `collections`, each with its `links`."""
    return 0.9 if head.text.startswith("{") and '"collections"' in head.text and '"links"' in head.text else 0.0


def read_nested(part: Part) -> Iterator[Found]:
    """Yield what each link is, however deep it lies."""
    nodes: list[Any] = [json_document(part.path)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += reversed(node)
        elif isinstance(node, dict):
            if _is_link(node):
                yield from _acts(node)
            else:
                nodes += [child for child in node.values() if isinstance(child, dict | list)]


def _is_link(node: dict[str, Any]) -> bool:
    content = node.get("content")
    return any(plain_name(name) in URL and isinstance(value, str) for name, value in node.items()) or (
        isinstance(content, dict) and "type" in content
    )


def _acts(record: Any) -> Iterator[Found]:
    if not isinstance(record, dict):
        yield NO_ROW
        return
    content = record.get("content")
    inner = content if isinstance(content, dict) else {}  # Karakeep: address and text of a bookmark
    row = {plain_name(name): value for name, value in {**record, "content": None, **inner}.items()}
    yield from row_acts(row if inner else {**row, "content": content})


def register() -> None:
    """Add the importers to the table."""
    IMPORTERS.add("karakeep", Importer("Karakeep", is_karakeep, read_nested))
    IMPORTERS.add("linkwarden", Importer("Linkwarden", is_linkwarden, read_nested))
    IMPORTERS.add("links-json", Importer("list of links (wallabag, Omnivore, Pinboard)", is_list, read_list))
