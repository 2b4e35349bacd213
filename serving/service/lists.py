"""Pages of the readers and of the videos of a home."""

from __future__ import annotations

from typing import Any

from shortlist.core.json_documents import video_document
from shortlist.serving.service.documents import reader_item_document
from shortlist.store.catalogue.catalogue import Catalogue


class Lists:
    """Lists the records of a catalogue by id, at most `limit` after the id `after`.

    A document's `next` is the `after` of the next page, or None on the last one.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def readers(self, after: str, limit: int) -> dict[str, Any]:
        """Return a page of readers."""
        found = self._catalogue.readers.page(after, limit + 1)
        documents = [reader_item_document(reader) for reader in found[:limit]]
        return {"readers": documents, "next": found[limit - 1].id if len(found) > limit else None}

    def videos(self, after: str, limit: int) -> dict[str, Any]:
        """Return a page of videos, without transcripts."""
        found = self._catalogue.videos.page(after, limit + 1)
        documents = [video_document(video) for video in found[:limit]]
        return {"videos": documents, "next": found[limit - 1].id if len(found) > limit else None}
