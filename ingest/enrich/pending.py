"""Find the records that a language model should enrich, and merge its output into them.

Values given by a source are never replaced. A language model replaces values made without one (extracted, compared,
counted), and, with `refresh`, those of another model or prompt version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shortlist.core.types import EXTRACTIVE, GIVEN, KEYWORDS, ZERO_SHOT, Article, Attributed, Enrichment, Video
from shortlist.ingest.default_enrichment import ENRICH_ARTICLE, ENRICH_VIDEO
from shortlist.ingest.enrich.enricher import Text
from shortlist.store.catalogue.catalogue import Catalogue


def may_replace(made_by: str | None, current: str, refresh: bool) -> bool:
    """Return whether the model `current` may replace a value of `made_by`; None stands for no value."""
    if made_by is None or made_by in (EXTRACTIVE, KEYWORDS) or made_by.startswith(ZERO_SHOT):
        return True
    return refresh and made_by not in (GIVEN, current)


def pending_videos(catalogue: Catalogue, current: str, refresh: bool) -> Iterator[str]:
    """Yield the ids of videos that have a text but no summary by a model."""
    done = set() if refresh else catalogue.steps.done(ENRICH_VIDEO)
    for _, video in catalogue.videos.iterate():
        made = video.enrichment.summary
        outdated = may_replace(made.made_by if made else None, current, refresh)
        if outdated and video.id not in done and text_of_video(video).body:
            yield video.id


def pending_articles(catalogue: Catalogue, current: str, refresh: bool) -> Iterator[str]:
    """Yield the ids of articles that have no summary by a model."""
    done = set() if refresh else catalogue.steps.done(ENRICH_ARTICLE)
    for _, article in catalogue.articles.iterate():
        made = article.enrichment.summary
        if may_replace(made.made_by if made else None, current, refresh) and article.id not in done:
            yield article.id


def text_of_video(video: Video) -> Text:
    """Return the text of a video for the model: the transcript, or the description without one."""
    body = video.transcript.text
    language = video.language or video.transcript.language
    return Text(video.title, video.description if body else "", body or video.description, language)


def text_of_article(article: Article) -> Text:
    """Return the text of an article for the model."""
    return Text(article.title, "", article.body or article.title)


def merged(record: Enrichment, made: Enrichment, current: str, refresh: bool) -> Enrichment:
    """Return `record` with the values of `made` wherever `may_replace` allows it."""

    def better(old: Attributed | None, new: Attributed | None) -> Attributed | None:
        return new if new and may_replace(old.made_by if old else None, current, refresh) else old

    tagged = made if made.tags and may_replace(record.tags_made_by, current, refresh) else record
    return Enrichment(
        summary=better(record.summary, made.summary),
        category=better(record.category, made.category),
        tags=tagged.tags,
        tags_made_by=tagged.tags_made_by,
        rewritten_title=better(record.rewritten_title, made.rewritten_title),
    )


def enriched_video(video: Video, made: Enrichment, current: str, refresh: bool) -> Video:
    """Return `video` with the model's output merged in."""
    return replace(video, enrichment=merged(video.enrichment, made, current, refresh))


def enriched_article(article: Article, made: Enrichment, current: str, refresh: bool) -> Article:
    """Return `article` with the model's output merged in. A category given by the source stays."""
    given = article.category is not None and article.enrichment.category is None
    own = (
        replace(article.enrichment, category=Attributed(str(article.category), GIVEN)) if given else article.enrichment
    )
    both = merged(own, made, current, refresh)
    category = both.category.value if both.category else None
    return replace(article, category=category, enrichment=replace(both, category=None) if given else both)
