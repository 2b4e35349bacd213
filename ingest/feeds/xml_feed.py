"""Read Atom and RSS with their extensions for media (MRSS) and podcasts, and OPML."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from xml.etree.ElementTree import Element

from shortlist.ingest.feeds.feed import MAX_ENTRIES, Entry, Feed, NotAFeed, moment, plain, seconds
from shortlist.ingest.feeds.xml_tree import tree_of
from shortlist.ingest.records.ids import YOUTUBE

MEDIA = "http://search.yahoo.com/mrss/}"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd}"
MEDIA_TYPES = ("video/", "audio/")


def xml_feed(data: bytes) -> Feed:
    """Return the feed in `data`. Raises `NotAFeed`."""
    root = tree_of(data)
    top = root if _name(root) == "feed" else next((one for one in root if _name(one) == "channel"), None)
    if top is None:
        raise NotAFeed(f"<{_name(root)}> where a feed has <feed>, <rss> or <rdf>")
    items = [one for one in (*top, *(root if root is not top else ())) if _name(one) in ("entry", "item")]
    title = plain(_text(top, "title"))
    entries = [_entry(item, title) for item in islice(items, MAX_ENTRIES)]
    videos = [entry for entry in entries if entry]
    return Feed(title, videos, len(entries) - len(videos))


def opml_feeds(data: bytes) -> dict[str, str]:
    """Return the feeds in an OPML file: their titles by address. Raises `NotAFeed`."""
    root = tree_of(data)
    if _name(root) != "opml":
        raise NotAFeed(f"<{_name(root)}> where OPML has <opml>")
    feeds = (one for one in root.iter() if one.get("xmlUrl"))
    return {one.get("xmlUrl", "").strip(): (one.get("title") or one.get("text") or "").strip() for one in feeds}


def _entry(item: Element, channel: str) -> Entry | None:
    """Return the entry of `item`, or None without a video: a post of a blog, for one."""
    media = next(_media(item), None)
    address = _link(item)
    if media is None and not YOUTUBE.search(address or ""):
        return None
    file = None if media is None else media.get("url") or media.get("href")
    address = address or file
    title = plain(_text(item, "title") or _text(item, f"{MEDIA}title"))
    if not address or not title:
        return None
    description = next(
        (text for name in (f"{MEDIA}description", "description", "content", "summary", f"{ITUNES}summary")
         if (text := plain(_text(item, name)))), "",
    )  # fmt: skip
    picture = next((one for one in item.iter() if one.tag in (f"{MEDIA}thumbnail", f"{ITUNES}image")), None)
    author = next((one for one in item if _name(one) == "author"), None)
    return Entry(
        address,
        title,
        description,
        None if picture is None else picture.get("url") or picture.get("href"),
        seconds(_text(item, f"{ITUNES}duration") or (None if media is None else media.get("duration"))),
        moment(_text(item, "published") or _text(item, "pubDate") or _text(item, "updated") or _text(item, "date")),
        plain(None if author is None else _text(author, "name")) or channel or None,
    )


def _media(item: Element) -> Iterator[Element]:
    """Yield the elements that name a video or a sound."""
    for one in item.iter():
        enclosed = _name(one) == "enclosure" or (_name(one) == "link" and one.get("rel") == "enclosure")
        content = one.tag == f"{MEDIA}content"
        typed = str(one.get("type")).startswith(MEDIA_TYPES) or one.get("medium") in ("video", "audio")
        if ((enclosed or content) and typed) or one.tag == f"{MEDIA}player":
            yield one


def _link(item: Element) -> str | None:
    for one in item:
        if _name(one) == "link" and one.get("rel", "alternate") == "alternate":
            address = (one.get("href") or one.text or "").strip()
            if address.startswith(("http://", "https://")):
                return address
    return None


def _text(parent: Element, name: str) -> str | None:
    """Return the text of the first element `name`: one with a namespace anywhere below, else a child."""
    extension = "}" in name
    for one in parent.iter() if extension else parent:
        if one.tag == name or (not extension and _name(one) == name and not one.tag.startswith((MEDIA, ITUNES))):
            return "".join(one.itertext())
    return None


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower() if not element.tag.endswith("pubDate") else "pubDate"
