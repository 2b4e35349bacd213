"""Pages of the readers and of the videos of a home, by id: at most `limit` after the id `after`.

A document's `next` is the `after` of the next page, or None on the last one.
"""

from __future__ import annotations

from typing import Any

from shortlist.core.json_documents import video_document
from shortlist.engine.engine import Engine
from shortlist.serving.service.documents import reader_item_document


def readers_page(engine: Engine, after: str, limit: int) -> dict[str, Any]:
    """Return a page of readers."""
    found = engine.home.catalogue.readers.page(after, limit + 1)
    documents = [reader_item_document(reader) for reader in found[:limit]]
    return {"readers": documents, "next": found[limit - 1].id if len(found) > limit else None}


def videos_page(engine: Engine, after: str, limit: int) -> dict[str, Any]:
    """Return a page of videos, without transcripts."""
    found = engine.home.catalogue.videos.page(after, limit + 1)
    documents = [video_document(video) for video in found[:limit]]
    return {"videos": documents, "next": found[limit - 1].id if len(found) > limit else None}
