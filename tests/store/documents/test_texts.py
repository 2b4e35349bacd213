"""The texts that are encoded and indexed."""

from __future__ import annotations

from shortlist.core.types import Article, Attributed, Enrichment, Segment, Transcript, Video
from shortlist.store.documents.document import article_text, summary_text, transcript_text

SPOKEN = Transcript((Segment(" One. "), Segment(""), Segment("Two.")))


def test_transcript_text() -> None:
    assert transcript_text(Video("a", "Title", transcript=SPOKEN, description="Unused.")) == "Title\nOne. Two."
    assert transcript_text(Video("a", "Title", description="A silent film.")) == "Title\nA silent film."
    assert transcript_text(Video("a", "Title")) == "Title"


def test_summary_text() -> None:
    summary = Attributed("Short.", "extractive")
    assert summary_text(Video("a", "Title", enrichment=Enrichment(summary))) == "Title\nShort."
    tagged = Enrichment(summary, tags=("moon", "space"), tags_made_by="given")
    assert summary_text(Video("a", "Title", enrichment=tagged)) == "Title\nShort.\nmoon, space"
    assert summary_text(Video("a", "Title")) is None


def test_article_text() -> None:
    assert article_text(Article("n", "Head", "Body.")) == "Head\nBody."
    assert article_text(Article("n", "Head")) == "Head"
