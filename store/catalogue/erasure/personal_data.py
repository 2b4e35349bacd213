"""Everything that the catalogue stores of one person: export it and erase it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, inspect, select, update

from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.erasure.subject import Erased, mention_of
from shortlist.store.catalogue.keys import READER, revoke_keys
from shortlist.store.catalogue.rows import from_micros
from shortlist.store.sql.dialect import in_list
from shortlist.store.sql.schema import (
    events,
    exposures,
    features,
    imports,
    keys,
    messages,
    objectives,
    readers,
    revoked_keys,
    tastes,
)

OWNED: Sequence[tuple[Table, str]] = (
    (readers, "id"), (events, "user_id"), (tastes, "user_id"), (objectives, "user_id"), (exposures, "user_id"),
    (features, "user_id"), (imports, "user_id"),
)  # fmt: skip


class PersonalData(CatalogueTable):
    """The rows of one reader in all tables."""

    def export(self, user_id: str) -> dict[str, Any]:
        """Return all rows of the reader as JSON values, events and exposures oldest first."""
        with self._database.snapshot(), self._database.reading() as connection:
            owned = {
                table.name: [_document(row) for row in connection.execute(_rows_of(table, column, user_id))]
                for table, column in OWNED
            }
            said = select(messages.c.thread, messages.c.message).order_by(messages.c.seq)
            said = said.where(in_list(messages.c.thread, _threads_of(connection, user_id)))
            return {
                "user_id": user_id,
                "reader": next(iter(owned["readers"]), None),
                "taste": next(iter(owned["tastes"]), None),
                "objective": owned["objectives"],
                "events": owned["events"],
                "exposures": owned["exposures"],
                "features": owned["features"],
                "imports": owned["imports"],
                "messages": [{"thread": thread, **json.loads(turn)} for thread, turn in connection.execute(said)],
                "keys": [_document(row, without="sha") for row in _keys_of(connection, user_id)],
            }


def reader_exists(connection: Connection, user_id: str) -> bool:
    """Return whether any table has rows of this reader. Tables that an older version lacks are left out."""
    present = set(inspect(connection).get_table_names())
    owned = (
        select(table.c[column]).where(table.c[column] == user_id) for table, column in OWNED if table.name in present
    )
    if any(connection.execute(query.limit(1)).first() is not None for query in owned):
        return True
    has_keys = keys.name in present and bool(_keys_of(connection, user_id))
    return has_keys or bool(_threads_of(connection, user_id))


def erase_reader(connection: Connection, user_id: str) -> Erased:
    """Delete all rows of the reader. Tables that a catalogue of an older version lacks are left out."""
    present = set(inspect(connection).get_table_names())
    texts: set[str] = set()
    rows: dict[str, int] = {}
    for table, column in OWNED:
        if table.name in present:
            owned = connection.execute(_rows_of(table, column, user_id)).all()
            texts.update(_texts(table, owned))
            connection.execute(delete(table).where(table.c[column] == user_id))
            rows[table.name] = len(owned)
    of_threads = in_list(messages.c.thread, _threads_of(connection, user_id))
    turns = [json.loads(one) for one in connection.scalars(select(messages.c.message).where(of_threads))]
    texts.update(turn["message"] for turn in turns if turn.get("message"))
    connection.execute(delete(messages).where(of_threads))
    rows["messages"] = len(turns)
    if keys.name in present:
        rows["keys"] = _delete_keys(connection, user_id, remember=revoked_keys.name in present)
        labels = connection.execute(select(keys.c.id, keys.c.label)).all()
        naming = [row.id for row in labels if mention_of(user_id).search(row.label)]
        connection.execute(update(keys).where(in_list(keys.c.id, naming)).values(label=""))
    kept = select(events.c.event_id).where(in_list(events.c.event_id, texts))  # another reader's event may have it, too
    return Erased(rows, frozenset(texts.difference(connection.scalars(kept))))


def _rows_of(table: Table, column: str, user_id: str) -> Any:
    oldest_first = (exposures.c.at,) if table is exposures else ()
    return select(table).where(table.c[column] == user_id).order_by(*oldest_first, *table.primary_key.columns)


def _texts(table: Table, rows: Sequence[Row[Any]]) -> set[str]:
    if table is events:
        return {row.event_id for row in rows} | {row.request_id for row in rows if row.request_id}
    if table is exposures:
        wishes = {json.loads(row.request).get("wish") for row in rows}
        return {row.request_id for row in rows} | {wish for wish in wishes if wish}
    return {row.sentence for row in rows} if table is tastes else set()


def _keys_of(connection: Connection, user_id: str) -> Sequence[Row[Any]]:
    return connection.execute(select(keys).where(keys.c.scope == f"{READER}{user_id}")).all()


def _delete_keys(connection: Connection, user_id: str, *, remember: bool) -> int:
    which = keys.c.scope == f"{READER}{user_id}"
    return revoke_keys(connection, which) if remember else connection.execute(delete(keys).where(which)).rowcount


def _threads_of(connection: Connection, user_id: str) -> set[str]:
    """Return the threads of the reader's keys, and those in which any turn is theirs or names them."""
    pattern = mention_of(user_id)
    present = keys.name in inspect(connection).get_table_names()
    own = tuple(f"{row.id}:" for row in _keys_of(connection, user_id)) if present else ()
    names = connection.scalars(select(messages.c.thread).distinct())
    found = {name for name in names if name.startswith(own) or pattern.search(name)}
    stored = json.dumps(user_id)[1:-1]  # as in the JSON text
    candidates = select(messages.c.thread, messages.c.message)
    turns = connection.execute(candidates.where(messages.c.message.contains(stored, autoescape=True)))
    return found | {row.thread for row in turns if names_reader(json.loads(row.message), user_id, pattern)}


def names_reader(turn: Mapping[str, Any], user_id: str, pattern: re.Pattern[str]) -> bool:
    """Return whether a turn of a chat is for or by the reader, or its words name them."""
    arguments = (turn.get("asked") or {}, (turn.get("action") or {}).get("arguments") or {})
    people = {turn.get("user"), turn.get("speaker"), *(one.get("user") for one in arguments)}
    return user_id in people or any(pattern.search(turn.get(part) or "") for part in ("message", "reply"))


def _document(row: Row[Any], without: str = "") -> dict[str, Any]:
    document = {name: value for name, value in row._mapping.items() if name not in (without, "seq")}
    for name in ("at", "created", "arrived", "done"):
        if document.get(name) is not None:
            moment = from_micros(document[name])
            document[name] = None if moment is None else moment.isoformat()
    for name in ("interests", "tags", "request", "items", "state", "content"):
        if name in document:
            document[name] = json.loads(document[name])
    return document
