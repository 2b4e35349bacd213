"""What records get at ingest if their source did not give it: what was made of the same words before; for videos also a
category, a summary and tags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from shortlist.core.types import GIVEN, KEYWORDS, Article, Enrichment, Made, Video
from shortlist.ingest.categorise import Categoriser
from shortlist.ingest.keywords import keywords
from shortlist.ingest.summarise import summarise
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.catalogue.catalogue import Catalogue

# The steps under which it is noted which texts a language model has read.
ENRICH_VIDEO, ENRICH_ARTICLE = "enrich", "enrich article"


class Completion:
    """Completes videos. The encoder is built at the first video that needs a category."""

    def __init__(self, catalogue: Catalogue, encoder: Callable[[], Encoder], categories: Sequence[str]) -> None:
        self._catalogue = catalogue
        self._encoder = encoder
        self._categories = categories
        self._categoriser: Categoriser | None = None

    def complete(self, videos: Sequence[Video]) -> list[Video]:
        """`videos` in the same order, each with a category and, if it has any text, a summary and tags.

        What was made earlier for the same text is kept, so that re-ingesting changes nothing and costs no model.
        """
        known = self._catalogue.videos.get_many([video.id for video in videos])
        for one in (video for video in videos if video.id in known):
            if source_text(known[one.id]) != source_text(one):
                self._catalogue.steps.remove(one.id, ENRICH_VIDEO)  # other words wait for a model anew
        completed = [_tagged(_summarised(inherit(video, known.get(video.id)))) for video in videos]
        bare = [i for i, video in enumerate(completed) if video.enrichment.category is None]
        for i, category in zip(bare, self._categories_of([completed[i] for i in bare]), strict=True):
            completed[i] = replace(completed[i], enrichment=replace(completed[i].enrichment, category=category))
        return completed

    def _categories_of(self, videos: Sequence[Video]) -> list[Made]:
        if not videos:
            return []
        if self._categoriser is None:
            self._categoriser = Categoriser(self._encoder(), self._categories)
        return self._categoriser.categorise(videos)


def completed_articles(catalogue: Catalogue, articles: Sequence[Article]) -> list[Article]:
    """`articles` in the same order, each with what a language model made earlier of the same words."""
    known = catalogue.articles.get_many([article.id for article in articles])
    for one in (article for article in articles if article.id in known):
        if source_text(known[one.id]) != source_text(one):
            catalogue.steps.remove(one.id, ENRICH_ARTICLE)  # other words wait for a model anew
    return [_article_inherits(article, known.get(article.id)) for article in articles]


def _article_inherits(article: Article, known: Article | None) -> Article:
    if known is None or source_text(known) != source_text(article):
        return article
    made = known.enrichment
    if article.category is not None:  # given by the source now
        return replace(article, enrichment=replace(made, category=None))
    return replace(article, category=made.category.value if made.category else None, enrichment=made)


def inherit(video: Video, known: Video | None) -> Video:
    """`video` with the enrichments of its stored self that were made here, where its text is still the same."""
    if known is None or source_text(known) != source_text(video):
        return video
    new, old = video.enrichment, known.enrichment
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
    """All the words that a source gave; two records of one id with different ones are different."""
    if isinstance(record, Article):
        return "\x1f".join((record.title, record.body))
    return "\x1f".join((record.title, record.description, record.transcript.text))


def _made_here(part: Made | None) -> Made | None:
    return part if part and part.made_by != GIVEN else None


def _summarised(video: Video) -> Video:
    summary = None if video.enrichment.summary else summarise(video)
    return replace(video, enrichment=replace(video.enrichment, summary=summary)) if summary else video


def _tagged(video: Video) -> Video:
    made = video.enrichment
    tags = () if made.tags else keywords(video)
    return replace(video, enrichment=replace(made, tags=tags, tags_made_by=KEYWORDS)) if tags else video
