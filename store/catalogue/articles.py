"""The articles of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select

from shortlist.core.types import Article, Outline
from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.content import by_revision, put_content
from shortlist.store.catalogue.results import Put
from shortlist.store.catalogue.rows import article_content, article_of, article_outline
from shortlist.store.sql.dialect import PARAMETER, in_parameter
from shortlist.store.sql.schema import articles

_WHOLE = select(articles).where(in_parameter(articles.c.id))
_OUTLINES = select(articles.c.id, articles.c.title, articles.c.category, articles.c.enrichment).where(
    in_parameter(articles.c.id)
)


class Articles(CatalogueTable):
    """The articles."""

    def put(self, new_articles: Sequence[Article]) -> Put:
        """Store articles in one transaction. Raises the revision if any is new or changed. Needs the writer lock."""
        contents = [article_content(article) for article in new_articles]
        with self._changing_content() as connection:
            return put_content(connection, articles, contents)

    def get_many(self, ids: Iterable[str]) -> dict[str, Article]:
        """Return the articles with these ids, by id. Unknown ids are left out."""
        wanted = list(ids)
        if not wanted:
            return {}
        with self._database.reading() as connection:
            return {row.id: article_of(row) for row in connection.execute(_WHOLE, {PARAMETER: wanted})}

    def outlines(self, ids: Iterable[str]) -> dict[str, Outline]:
        """Return the outlines of the articles with these ids, by id, without reading their texts."""
        wanted = list(ids)
        if not wanted:
            return {}
        with self._database.reading() as connection:
            return {row.id: article_outline(row) for row in connection.execute(_OUTLINES, {PARAMETER: wanted})}

    def ids(self) -> list[str]:
        """Return the ids of all articles, sorted."""
        with self._database.reading() as connection:
            return list(connection.scalars(select(articles.c.id).order_by(articles.c.id)))

    def iterate(self, after: int = 0) -> Iterator[tuple[int, Article]]:
        """Yield (revision, article) for every article changed after revision `after`, by revision, then id."""
        return by_revision(self._database, articles, after, lambda _, rows: [article_of(row) for row in rows])
