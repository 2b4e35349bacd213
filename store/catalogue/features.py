"""The online features: the newest row of each entity of a view. Also the events and items that they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, literal, select

from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.rows import Columns
from shortlist.store.sql.dialect import in_list
from shortlist.store.sql.schema import articles, enrichments, events, features, videos

PAGE = 50_000
BATCH = 10_000  # rows a transaction, so that no other writer waits long
KEYS = ("user_id", "item_id", "category")
EVENT_COLUMNS = ("seq", "user_id", "item_id", "kind", "action", "at", "dwell_s", "arrived")
ITEM_COLUMNS = ("kind", "item_id", "category", "duration_s", "published")


@dataclass(frozen=True, slots=True)
class OnlineRow:
    """The state of an entity from the microsecond `at` on, as JSON; None if nothing is left of it.

    `keys` has the user id, the item id and the category; those that the view lacks are empty.
    """

    keys: tuple[str, str, str]
    at: int
    state: str | None


class Features(CatalogueTable):
    """The online features, by view and keys."""

    def put(self, view: str, rows: Sequence[OnlineRow]) -> None:
        """Store rows. A stored row of a later time is kept. Rows without a state delete the stored one."""
        insert = self._database.insert(features)
        new = insert.on_conflict_do_update(
            index_elements=features.primary_key,
            set_={"at": insert.excluded.at, "state": insert.excluded.state},
            where=features.c.at <= insert.excluded.at,
        )
        same = [features.c[name] == bindparam(f"old_{name}") for name in KEYS]
        gone = delete(features).where(features.c.view == view, *same, features.c.at <= bindparam("until"))
        for start in range(0, len(rows), BATCH):
            stored = [_columns(view, row) for row in rows[start : start + BATCH] if row.state is not None]
            removed = [_identity(row) for row in rows[start : start + BATCH] if row.state is None]
            with self._database.writing() as connection:
                if stored:
                    connection.execute(new, stored)
                if removed:
                    connection.execute(gone, removed)

    def get_many(self, view: str, key: str, values: Iterable[str]) -> list[OnlineRow]:
        """Return the rows of `view` whose column `key`, the first of the view's, is one of `values`."""
        rows = select(features).where(features.c.view == view, in_list(features.c[key], values))
        with self._database.reading() as connection:
            return [
                OnlineRow((row.user_id, row.item_id, row.category), row.at, row.state)
                for row in connection.execute(rows)
            ]

    def clear(self) -> None:
        """Delete all rows."""
        with self._database.erasing() as connection:
            connection.execute(delete(features))

    def iterate_events(self, since: int | None = None, after: int = 0) -> Iterator[list[tuple[object, ...]]]:
        """Yield pages of rows with `EVENT_COLUMNS`, in the order of addition: events later than or at the microsecond
        `since`, with a number above `after`."""
        rows = select(*(events.c[name] for name in EVENT_COLUMNS)).where(events.c.seq > after)
        if since is not None:
            rows = rows.where(events.c.at >= since)
        with self._database.reading() as connection:
            found = connection.execution_options(yield_per=PAGE).execute(rows.order_by(events.c.seq))
            yield from ([tuple(row) for row in page] for page in found.partitions())

    def items(self) -> list[tuple[object, ...]]:
        """Return a row with `ITEM_COLUMNS` for every video and article; `published` in microseconds."""
        is_category = (enrichments.c.video_id == videos.c.id) & (enrichments.c.part == "category")
        of_videos = select(
            literal("video"), videos.c.id, enrichments.c.value, videos.c.duration_s, videos.c.published
        ).select_from(videos.outerjoin(enrichments, is_category))
        of_articles = select(
            literal("article"), articles.c.id, articles.c.category, literal(None), articles.c.published
        )
        with self._database.reading() as connection:
            return [tuple(row) for rows in (of_videos, of_articles) for row in connection.execute(rows)]


def _columns(view: str, row: OnlineRow) -> Columns:
    return {"view": view, **dict(zip(KEYS, row.keys, strict=True)), "at": row.at, "state": row.state}


def _identity(row: OnlineRow) -> Columns:
    return {"until": row.at, **{f"old_{name}": key for name, key in zip(KEYS, row.keys, strict=True)}}
