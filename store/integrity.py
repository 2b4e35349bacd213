"""The catalogue looks itself over: what SQLite finds, and whether every record still is what was put."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Table, select, text

from core.errors import HomeDamaged
from store.articles import Articles
from store.rows import Content, article_content, video_content
from store.schema import articles, videos
from store.videos import Videos

ENOUGH = 20  # problems told of SQLite's own check


class Integrity(Videos, Articles):
    """Looking for damage that no single read would notice."""

    def problems(self) -> list[str]:
        """What is wrong, one line each; empty when all is well. Reads everything."""
        try:
            with self._database.snapshot():
                return [*self._file_problems(), *self._changed_records()]
        except HomeDamaged as error:
            return [str(error)]

    def _file_problems(self) -> list[str]:
        with self._database.reading() as connection:
            found = [str(line) for line in connection.scalars(text(f"PRAGMA integrity_check({ENOUGH})"))]
            orphans = len(connection.execute(text("PRAGMA foreign_key_check")).all())
        problems = [] if found == ["ok"] else found
        return [*problems, f"{orphans} rows belong to no video"] if orphans else problems

    def _changed_records(self) -> Iterator[str]:
        yield from self._differing(videos, (video_content(video) for _, video in self.iter_videos()))
        yield from self._differing(articles, (article_content(article) for _, article in self.iter_articles()))

    def _differing(self, table: Table, contents: Iterable[Content]) -> Iterator[str]:
        with self._database.reading() as connection:
            stored = {row.id: row.content_sha for row in connection.execute(select(table.c.id, table.c.content_sha))}
        for content in contents:
            if stored.get(content.id) != content.sha:
                yield f"{content.id!r} in {table.name} is not what was put: ingest it again"
