"""Give every ingested record the enrichments that need no language model.

Records keep the enrichments made earlier from the same text. Videos also get a category, a summary and tags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from shortlist.core.types import GIVEN, KEYWORDS, Article, Attributed, Enrichment, Video
from shortlist.ingest.categorise import Categoriser
from shortlist.ingest.keywords import keywords
from shortlist.ingest.summarise import summarise
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.catalogue.catalogue import Catalogue

# Steps of the ingest log that mark the records a language model has enriched.
ENRICH_VIDEO, ENRICH_ARTICLE = "enrich", "enrich article"


class DefaultEnricher:
    """Fills in the missing enrichments of videos. The encoder is loaded for the first video without a category."""

    def __init__(self, catalogue: Catalogue, encoder: Callable[[], Encoder], categories: Sequence[str]) -> None:
        self._catalogue = catalogue
        self._encoder = encoder
        self._categories = categories
        self._categoriser: Categoriser | None = None

    def enrich(self, videos: Sequence[Video]) -> list[Video]:
        """Return `videos` in the same order, each with a category if one is clear and, if it has
        any text, a summary and tags.

        Enrichments made earlier from the same text are kept, so ingesting a source again changes nothing and needs no
        model.
        """
        stored = self._catalogue.videos.get_many([video.id for video in videos])
        same = {video.id for video in videos if video.id in stored and _same_text(stored[video.id], video)}
        for video in videos:
            if video.id in stored and video.id not in same:
                self._catalogue.steps.remove(video.id, ENRICH_VIDEO)  # a changed text is enriched again
        enriched = [_add_tags(_add_summary(_inherit_video(video, stored.get(video.id)))) for video in videos]
        # A text that was stored without a category had no clear one.
        missing = [i for i, video in enumerate(enriched) if video.enrichment.category is None and video.id not in same]
        for i, category in zip(missing, self._categorise([enriched[i] for i in missing]), strict=True):
            enriched[i] = replace(enriched[i], enrichment=replace(enriched[i].enrichment, category=category))
        return enriched

    def _categorise(self, videos: Sequence[Video]) -> list[Attributed | None]:
        if not videos:
            return []
        if self._categoriser is None:
            self._categoriser = Categoriser(self._encoder(), self._categories)
        return self._categoriser.categorise(videos)


def _same_text(one: Video, other: Video) -> bool:
    return source_text(one) == source_text(other)


def carry_over_enrichments(catalogue: Catalogue, articles: Sequence[Article]) -> list[Article]:
    """Return `articles` in the same order, each with the enrichments a language model made from the same text."""
    stored = catalogue.articles.get_many([article.id for article in articles])
    for article in articles:
        if article.id in stored and source_text(stored[article.id]) != source_text(article):
            catalogue.steps.remove(article.id, ENRICH_ARTICLE)  # a changed text is enriched again
    return [_inherit_article(article, stored.get(article.id)) for article in articles]


def _inherit_article(article: Article, stored: Article | None) -> Article:
    if stored is None or source_text(stored) != source_text(article):
        return article
    made = stored.enrichment
    if article.category is not None:  # the source gives one now
        return replace(article, enrichment=replace(made, category=None))
    return replace(article, category=made.category.value if made.category else None, enrichment=made)


def _inherit_video(video: Video, stored: Video | None) -> Video:
    """Return `video` with the enrichments Shortlist made for its stored version, if the text is still the same."""
    if stored is None or source_text(stored) != source_text(video):
        return video
    new, old = video.enrichment, stored.enrichment
    tagged = new if new.tags or old.tags_made_by in (None, GIVEN) else old
    merged = Enrichment(
        summary=new.summary or _made_here(old.summary),
        category=new.category or _made_here(old.category),
        tags=tagged.tags,
        tags_made_by=tagged.tags_made_by,
        rewritten_title=new.rewritten_title or _made_here(old.rewritten_title),
    )
    return replace(video, enrichment=merged)


def source_text(record: Video | Article) -> str:
    """Return all text that the source gave. A record with the same id but another source text has changed."""
    if isinstance(record, Article):
        return "\x1f".join((record.title, record.body))
    return "\x1f".join((record.title, record.description, record.transcript.text))


def _made_here(value: Attributed | None) -> Attributed | None:
    return value if value and value.made_by != GIVEN else None


def _add_summary(video: Video) -> Video:
    summary = None if video.enrichment.summary else summarise(video)
    return replace(video, enrichment=replace(video.enrichment, summary=summary)) if summary else video


def _add_tags(video: Video) -> Video:
    made = video.enrichment
    tags = () if made.tags else keywords(video)
    return replace(video, enrichment=replace(made, tags=tags, tags_made_by=KEYWORDS)) if tags else video
