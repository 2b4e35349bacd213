"""The text of each facet: what is encoded, kept in Chroma, and indexed by the lexical legs."""

from __future__ import annotations

from shortlist.core.types import Article, Video


def transcript_text(video: Video) -> str:
    """Title, then what is said; the description where nothing is."""
    return _joined(video.title, video.transcript.text or video.description)


def summary_text(video: Video) -> str | None:
    """Title, summary and tags, each on its line; None without a summary."""
    if video.summary is None:
        return None
    return _joined(video.shown_title, video.summary, ", ".join(video.enrichment.tags))


def article_text(article: Article) -> str:
    """Title, then body."""
    return _joined(article.title, article.body)


def _joined(*parts: str) -> str:
    return "\n".join(part.strip() for part in parts if part.strip())
