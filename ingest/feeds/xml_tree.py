"""Parse XML of strangers: no entity is declared or expanded, depth and number of elements are bounded."""

from __future__ import annotations

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from shortlist.ingest.feeds.feed import NotAFeed

MAX_DEPTH = 60
MAX_ELEMENTS = 200_000


def tree_of(data: bytes) -> Element:
    """Return the root of the document; a name is `NAMESPACE}NAME`, or `NAME` without a namespace.

    Text in another encoding than the document says is read as Windows-1252. Raises `NotAFeed`.
    """
    try:
        return _parse(data, None)
    except expat.ExpatError as error:
        if error.code != expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]:
            raise NotAFeed(f"no well-formed XML: {error}") from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        if isinstance(error, NotAFeed):
            raise
    try:
        return _parse(data.decode("cp1252", "replace").encode(), "utf-8")
    except expat.ExpatError as error:
        raise NotAFeed(f"no well-formed XML: {error}") from error


def _parse(data: bytes, encoding: str | None) -> Element:
    builder = TreeBuilder()
    parser = expat.ParserCreate(encoding, "}")
    depth = elements = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > MAX_DEPTH or elements > MAX_ELEMENTS:
            raise NotAFeed(f"more than {MAX_ELEMENTS:,} elements, or {MAX_DEPTH} in each other")
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_: object) -> None:
        raise NotAFeed("it declares entities, which feeds have no need of")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    parser.Parse(data, True)
    return builder.close()
