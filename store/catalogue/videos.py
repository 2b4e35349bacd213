"""The videos of the catalogue, with their transcript segments and enrichments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, select

from shortlist.core.errors import UnknownItem
from shortlist.core.types import Outline, Video
from shortlist.store.caches.bounded import BoundedCache
from shortlist.store.catalogue.base import CatalogueTable, next_revision
from shortlist.store.catalogue.content import by_revision, put_content
from shortlist.store.catalogue.results import Put
from shortlist.store.catalogue.rows import video_content, video_of, video_outline
from shortlist.store.lock import WriterLock
from shortlist.store.sql.database import Database
from shortlist.store.sql.dialect import PARAMETER, in_list, in_parameter
from shortlist.store.sql.schema import enrichments, removed_videos, segments, videos

CACHED_VIDEOS = 4_000
CACHED_PARTS = 100_000  # videos and segments of transcripts, about 25 MB

_CATEGORY = (enrichments.c.video_id == videos.c.id) & (enrichments.c.part == "category")
_WHOLE = select(videos).where(in_parameter(videos.c.id))
_PARTS = {
    table: select(table).where(in_parameter(table.c.video_id)).order_by(*table.primary_key.columns)
    for table in (segments, enrichments)
}
_OUTLINES = (
    select(videos.c.id, videos.c.title, videos.c.duration_s, enrichments.c.value, enrichments.c.made_by)
    .select_from(videos.outerjoin(enrichments, _CATEGORY))
    .where(in_parameter(videos.c.id))
)


class Videos(CatalogueTable):
    """The videos."""

    def __init__(self, database: Database, lock: WriterLock) -> None:
        super().__init__(database, lock)
        self._cache: BoundedCache[tuple[int, str], Video] = BoundedCache(CACHED_VIDEOS, CACHED_PARTS)
        self._cached_revision = 0

    def put(self, new_videos: Sequence[Video]) -> Put:
        """Store videos in one transaction. Raises the revision if any is new or changed. Needs the writer lock."""
        contents = [video_content(video) for video in new_videos]
        with self._changing_content() as connection:
            put = put_content(connection, videos, contents)
            if put.new:
                connection.execute(
                    delete(removed_videos).where(in_list(removed_videos.c.id, (content.id for content in contents)))
                )
        return put

    def remove(self, ids: Iterable[str]) -> int:
        """Remove videos, leave tombstones under a new revision, and return their number. Needs the writer lock."""
        with self._changing_content() as connection:
            known = list(connection.scalars(select(videos.c.id).where(in_list(videos.c.id, ids))))
            if known:
                revision = next_revision(connection)
                connection.execute(delete(videos).where(in_list(videos.c.id, known)))
                connection.execute(insert(removed_videos), [{"id": id_, "revision": revision} for id_ in known])
        return len(known)

    def get(self, video_id: str) -> Video:
        """Return the video. Raises `UnknownItem` if there is none with this id."""
        found = self.get_many([video_id]).get(video_id)
        if found is None:
            raise UnknownItem(
                "unknown video",
                expected="the id of a video in this home",
                found=repr(video_id),
                remedy="find its id with `shortlist search TEXT`",
            )
        return found

    def get_many(self, ids: Iterable[str]) -> dict[str, Video]:
        """Return the videos with these ids, by id. Unknown ids are left out."""
        wanted = list(ids)
        if not wanted:
            return {}
        with self._database.reading() as connection:
            rows = connection.execute(_WHOLE, {PARAMETER: wanted}).all()
            return {video.id: video for video in _restore(connection, rows)}

    def get_many_at(self, revision: int, ids: Iterable[str]) -> dict[str, Video]:
        """Return `get_many` in a snapshot whose revision is `revision`. Videos are cached while it is the newest."""
        if revision != self._cached_revision:
            self._cache.clear()
            self._cached_revision = revision
        cached = {video_id: self._cache.get((revision, video_id)) for video_id in ids}
        found = {video_id: video for video_id, video in cached.items() if video is not None}
        for video in self.get_many(cached.keys() - found.keys()).values():
            self._cache.put((revision, video.id), video, 1 + len(video.transcript.segments))
            found[video.id] = video
        return found

    def outlines(self, ids: Iterable[str]) -> dict[str, Outline]:
        """Return the outlines of the videos with these ids, by id, without reading their texts."""
        wanted = list(ids)
        if not wanted:
            return {}
        with self._database.reading() as connection:
            return {row.id: video_outline(row) for row in connection.execute(_OUTLINES, {PARAMETER: wanted})}

    def iterate(self, after: int = 0) -> Iterator[tuple[int, Video]]:
        """Yield (revision, video) for every video changed after revision `after`, by revision, then id."""
        return by_revision(self._database, videos, after, _restore)

    def iterate_removed(self, after: int = 0) -> Iterator[tuple[int, str]]:
        """Yield (revision, id) for every removed video with a revision above `after`, by revision, then id."""
        return by_revision(self._database, removed_videos, after, lambda _, rows: [row.id for row in rows])

    def known(self, ids: Iterable[str]) -> set[str]:
        """Return those of `ids` that exist."""
        with self._database.reading() as connection:
            return set(connection.scalars(select(videos.c.id).where(in_list(videos.c.id, ids))))

    def ids(self) -> list[str]:
        """Return the ids of all videos, sorted."""
        with self._database.reading() as connection:
            return list(connection.scalars(select(videos.c.id).order_by(videos.c.id)))

    def page(self, after: str, limit: int) -> list[Video]:
        """Return at most `limit` videos whose ids follow `after`, by id."""
        page = select(videos).where(videos.c.id > after).order_by(videos.c.id).limit(limit)
        with self._database.reading() as connection:
            return _restore(connection, connection.execute(page).all())

    def made_by(self, part: str, maker: str) -> set[str]:
        """Return the ids of the videos whose `part` is made by `maker`."""
        made = select(enrichments.c.video_id).where(enrichments.c.part == part, enrichments.c.made_by == maker)
        with self._database.reading() as connection:
            return set(connection.scalars(made))

    def makers(self) -> dict[str, dict[str, int]]:
        """Return the number of videos by maker of each part, as {part: {made_by: videos}}; transcripts by origin."""
        grouped = select(enrichments.c.part, enrichments.c.made_by, func.count()).group_by(
            enrichments.c.part, enrichments.c.made_by
        )
        spoken = select(videos.c.transcript_origin, func.count().label("number")).group_by(videos.c.transcript_origin)
        found: dict[str, dict[str, int]] = {}
        with self._database.reading() as connection:
            for part, maker, number in connection.execute(grouped):
                found.setdefault(part, {})[maker] = number
            found["transcript"] = {row.transcript_origin: row.number for row in connection.execute(spoken)}
        return found


def _restore(connection: Connection, rows: Sequence[Row[Any]]) -> list[Video]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    spoken = _by_video(connection, segments, ids)
    made = _by_video(connection, enrichments, ids)
    return [video_of(row, spoken.get(row.id, ()), made.get(row.id, ())) for row in rows]


def _by_video(connection: Connection, table: Table, ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    grouped: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(_PARTS[table], {PARAMETER: ids}):
        grouped[row.video_id].append(row)
    return grouped
