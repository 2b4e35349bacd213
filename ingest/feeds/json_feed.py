"""Read JSON Feed 1.1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shortlist.ingest.feeds.feed import MAX_ENTRIES, Entry, Feed, NotAFeed, moment, plain, seconds
from shortlist.ingest.records.ids import YOUTUBE


def json_feed(data: bytes) -> Feed:
    """Return the feed in `data`. Raises `NotAFeed`."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"no valid JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotAFeed("JSON without the list `items`")
    title = plain(str(document.get("title") or ""))
    items = [item for item in document["items"][:MAX_ENTRIES] if isinstance(item, dict)]
    videos = [entry for item in items if (entry := _entry(item, title))]
    return Feed(title, videos, len(items) - len(videos))


def _entry(item: Mapping[str, Any], channel: str) -> Entry | None:
    attachments = item.get("attachments")
    media = next(
        (one for one in (attachments if isinstance(attachments, list) else ())
         if isinstance(one, dict) and str(one.get("mime_type")).startswith(("video/", "audio/"))), None,
    )  # fmt: skip
    page = str(item.get("url") or "")
    address = page or str((media or {}).get("url") or "")
    title = plain(str(item.get("title") or ""))
    if not title or not address.startswith(("http://", "https://")) or not (media or YOUTUBE.search(page)):
        return None
    return Entry(
        address,
        title,
        plain(str(item.get("content_text") or item.get("content_html") or item.get("summary") or "")),
        str(item["image"]) if item.get("image") else None,
        seconds(str((media or {}).get("duration_in_seconds") or "")),
        moment(str(item.get("date_published") or "")),
        channel or None,
    )
