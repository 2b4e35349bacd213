"""A document in Chroma: one facet of a video or article."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shortlist.core.ranking import FloatArray
from shortlist.core.types import Article, Video

Facet = Literal["transcript", "summary", "article"]
VIDEO_FACETS: tuple[Facet, ...] = ("transcript", "summary")

Metadata = Mapping[str, str | int | float | None]


def content(video: Video) -> str:
    """Return the transcript, or the description if there is none."""
    return video.transcript.text or video.description


def transcript_text(video: Video) -> str:
    """Return the title and the transcript, or the description if there is no transcript."""
    return _joined(video.title, content(video))


def summary_text(video: Video) -> str | None:
    """Return title, summary and tags, one a line; None without a summary."""
    if video.summary is None:
        return None
    return _joined(video.display_title, video.summary, ", ".join(video.enrichment.tags))


def article_text(article: Article) -> str:
    """Return the title and the body."""
    return _joined(article.title, article.body)


def _joined(*parts: str) -> str:
    return "\n".join(part.strip() for part in parts if part.strip())


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One facet of an item: text, flat metadata, and its vector, float32[d] of unit length, once it is encoded."""

    facet: Facet
    item_id: str
    text: str
    metadata: Metadata
    vector: FloatArray | None = None

    @property
    def id(self) -> str:
        """The id in Chroma."""
        return document_id(self.facet, self.item_id)

    @property
    def text_sha(self) -> str:
        """The SHA-256 of the text, in hexadecimal."""
        return str(self.metadata["text_sha"])


def document_id(facet: Facet, item_id: str) -> str:
    """Return the id in Chroma."""
    return f"{facet}:{item_id}"


def video_documents(video: Video, revision: int) -> list[Document]:
    """Return the document of the transcript of `video` and, if it has one, of its summary; not encoded."""
    about = {
        "kind": "video",
        "title": video.title,
        "category": video.category,
        "channel": video.channel,
        "language": video.language,
        "duration_s": video.duration_s,
        "published": video.published.timestamp() if video.published else None,
        "revision": revision,
    }
    documents = [_document("transcript", video.id, transcript_text(video), about)]
    summary = summary_text(video)
    if summary is not None:
        documents.append(_document("summary", video.id, summary, about))
    return documents


def article_documents(article: Article, revision: int) -> list[Document]:
    """Return the document of `article`, in a list; not encoded."""
    about = {
        "kind": "article",
        "title": article.title,
        "category": article.category,
        "published": article.published.timestamp() if article.published else None,
        "revision": revision,
    }
    return [_document("article", article.id, article_text(article), about)]


def _document(facet: Facet, item_id: str, text: str, about: Metadata) -> Document:
    metadata = {**about, "item_id": item_id, "facet": facet, "text_sha": hashlib.sha256(text.encode()).hexdigest()}
    return Document(facet, item_id, text, metadata)
