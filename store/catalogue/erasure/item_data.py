"""Everything that the catalogue stores of one video or article: its content, events, and its places in lists and chats.

Lists and chats of readers stay, without the item. A description of a taste is deleted if the item was a part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, inspect, literal, or_, select, update

from shortlist.store.catalogue.base import next_revision
from shortlist.store.catalogue.erasure.subject import Erased, Subject, mention_of
from shortlist.store.sql.dialect import in_list
from shortlist.store.sql.schema import (
    articles,
    enrichments,
    events,
    exposures,
    features,
    locations,
    messages,
    removed_videos,
    segments,
    steps,
    tastes,
    videos,
)

CONTENT: Mapping[str, Table] = {"video": videos, "article": articles}
TEXTS = ("title", "url", "description", "body")  # columns of both tables; a column that a table lacks is left out
MAX_SEGMENTS = 20  # of a transcript that are texts to search for: the longest ones
DISTINCT = 6  # characters of an id, and twice as many of a title, that are not in the words of a chat by chance


def item_exists(connection: Connection, item: Subject) -> bool:
    """Return whether any table has the item. Tables that a catalogue of an older version lacks are left out."""
    present = set(inspect(connection).get_table_names())
    content = CONTENT[item.kind]
    places: list[tuple[Table, ColumnElement[bool]]] = [(content, content.c.id == item.id), (events, _of(item))]
    if item.kind == "video":
        places.append((removed_videos, removed_videos.c.id == item.id))
        places.append((locations, locations.c.video_id == item.id))
        places.append((exposures, _lists(item.id)))
    return any(
        connection.execute(select(literal(1)).select_from(table).where(condition).limit(1)).first() is not None
        for table, condition in places
        if table.name in present
    )


def erase_item(connection: Connection, item: Subject) -> Erased:
    """Delete all rows of the item, and its places in the rows of readers. Tables that are lacking are left out."""
    present = set(inspect(connection).get_table_names())
    texts = frozenset(_texts(connection, item))
    title = connection.scalar(select(CONTENT[item.kind].c.title).where(CONTENT[item.kind].c.id == item.id))
    readers = select(events.c.user_id).where(_of(item)).distinct()
    rows = {
        "tastes": _delete(connection, tastes, tastes.c.user_id.in_(readers)),
        "events": _delete(connection, events, _of(item)),
        "messages": _erase_turns(connection, item.id, title),
    }
    if features.name in present:
        rows["features"] = _delete(connection, features, features.c.item_id == item.id)
    places: dict[str, str] = {}
    if item.kind == "video":
        of_video = select(locations.c.location, locations.c.version).where(locations.c.video_id == item.id)
        places = {row.location: row.version for row in connection.execute(of_video)}
        rows["locations"] = _delete(connection, locations, locations.c.video_id == item.id)
        if exposures.name in present:
            rows["exposures"] = _erase_places(connection, item.id)
    rows["steps"] = _delete(connection, steps, in_list(steps.c.item, [item.id, *places]))
    rows[CONTENT[item.kind].name] = _delete(connection, CONTENT[item.kind], CONTENT[item.kind].c.id == item.id)
    return Erased(rows, texts, places)


def publish_removal(connection: Connection, item: Subject) -> None:
    """Give the removal a revision, so that snapshots and other homes of this catalogue follow."""
    revision = next_revision(connection)
    if item.kind == "video":
        connection.execute(delete(removed_videos).where(removed_videos.c.id == item.id))
        connection.execute(insert(removed_videos).values(id=item.id, revision=revision))


def _delete(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(condition)).rowcount


def _of(item: Subject) -> ColumnElement[bool]:
    return (events.c.kind == item.kind) & (events.c.item_id == item.id)


def _lists(video_id: str) -> ColumnElement[bool]:
    """Return the condition of the exposures that may name the video in their JSON."""
    stored = json.dumps(video_id, ensure_ascii=False)
    columns = (exposures.c["items"], exposures.c.request)
    return or_(*(column.contains(stored, autoescape=True) for column in columns))


def _texts(connection: Connection, item: Subject) -> Iterator[str]:
    table = CONTENT[item.kind]
    columns = [table.c[name] for name in TEXTS if name in table.c]
    for row in connection.execute(select(*columns).where(table.c.id == item.id)):
        yield from (text for text in row if text)
    yield from connection.scalars(select(events.c.event_id).where(_of(item)))
    if item.kind == "video":
        spoken = select(segments.c.text).where(segments.c.video_id == item.id)
        longest_first = func.length(segments.c.text).desc()
        yield from connection.scalars(spoken.order_by(longest_first).limit(MAX_SEGMENTS))
        made = select(enrichments.c.value).where(enrichments.c.video_id == item.id)
        yield from connection.scalars(made.where(enrichments.c.part.in_(("summary", "rewritten_title"))))


def _erase_places(connection: Connection, video_id: str) -> int:
    """Delete the video from the lists that were shown. A list of videos like it, or of it alone, is deleted."""
    columns = (exposures.c.request_id, exposures.c.request, exposures.c["items"])
    changed = 0
    for row in connection.execute(select(*columns).where(_lists(video_id))).all():
        request, items = json.loads(row.request), json.loads(row[2])
        kept = [one for one in items if one["item_id"] != video_id]
        asked_like = request.get("like") == video_id
        if len(kept) == len(items) and not asked_like and video_id not in request.get("only", ()):
            continue
        changed += 1
        this = exposures.c.request_id == row.request_id
        if asked_like or not kept:
            connection.execute(delete(exposures).where(this))
            continue
        if "only" in request:
            request["only"] = [one for one in request["only"] if one != video_id]
        values = {"request": json.dumps(request, ensure_ascii=False), "items": json.dumps(kept, ensure_ascii=False)}
        connection.execute(update(exposures).where(this).values(values))
    return changed


def _erase_turns(connection: Connection, item_id: str, title: str | None) -> int:
    """Delete the turns of chats that show or name the item."""
    named = [text for text in (item_id, title) if text]
    may_name = (messages.c.message.contains(json.dumps(text)[1:-1], autoescape=True) for text in named)
    candidates = connection.execute(select(messages.c.seq, messages.c.message).where(or_(*may_name))).all()
    pattern = mention_of(item_id) if len(item_id) >= DISTINCT else None
    long_title = title if title and len(title) >= 2 * DISTINCT else None

    def names(text: str) -> bool:
        in_words = pattern is not None and pattern.search(text) is not None
        return text == item_id or in_words or (long_title is not None and long_title in text)

    naming = [row.seq for row in candidates if any(map(names, _strings(json.loads(row.message))))]
    for seq in naming:
        connection.execute(delete(messages).where(messages.c.seq == seq))
    return len(naming)


def _strings(value: Any) -> Iterator[str]:
    """Yield all strings in a JSON document, those that are keys, too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for pair in value.items() for one in pair for text in _strings(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in _strings(one))
