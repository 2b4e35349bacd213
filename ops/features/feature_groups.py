"""Feature groups of Amazon SageMaker: one for each view, with a record for each entity.

A record has the newest row of the entity in typed features. A view with an inner key has several rows for an entity,
which are JSON in one feature, because a record is found by one identifier only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from shortlist.ops.features.views import View
from shortlist.store.catalogue.rows import EPOCH

ENTITY, EVENT_TIME, ROWS = "entity", "event_time", "rows"

Row = Mapping[str, Any]  # the columns `View.schema`
Rows = Mapping[tuple[str, ...], Row]  # by the inner keys; without any there is one row


@dataclass(frozen=True, slots=True)
class Record:
    """The rows of one entity. `time` is the event time in milliseconds since 1970."""

    time: int
    rows: Rows


def group_name(view: View) -> str:
    """Return the name of the feature group. It has the version, so a new definition gets a group of its own."""
    return f"shortlist-{view.name}-{view.version}"


def group_definition(view: View) -> dict[str, Any]:
    """Return what the request `CreateFeatureGroup` says of the features of a view."""
    texts = dict.fromkeys((ENTITY, EVENT_TIME, *view.entity), "String")
    values = {ROWS: "String"} if view.inner else dict.fromkeys(("at", *view.state), "Integral")
    return {
        "FeatureGroupName": group_name(view),
        "Description": view.description,
        "RecordIdentifierFeatureName": ENTITY,
        "EventTimeFeatureName": EVENT_TIME,
        "FeatureDefinitions": [
            {"FeatureName": name, "FeatureType": kind} for name, kind in {**texts, **values}.items()
        ],
    }


def identifier(entity: Sequence[str]) -> str:
    """Return the identifier of the record of an entity: its id, or a JSON list of its ids without spaces between."""
    return entity[0] if len(entity) == 1 else _json(list(entity))


def records_of(view: View, rows: pl.DataFrame) -> dict[str, Record]:
    """Return records by identifier. `rows` has each combination of keys once."""
    found: dict[str, dict[tuple[str, ...], Row]] = {}
    for row in rows.iter_rows(named=True):
        entity, inner = _split(view, row)
        found.setdefault(identifier(entity), {})[inner] = row
    return {name: Record(max(row["at"] for row in of.values()) // 1000, of) for name, of in found.items()}


def merged(view: View, new: Record, stored: Record | None) -> Record:
    """Return what `stored` becomes: of two rows with the same keys the later, without those that count no event.

    SageMaker ignores a record whose event time is not greater than that of the stored one. It takes milliseconds, so
    the event time of a second row in the same one is the next.
    """
    if stored is None:
        return Record(new.time, _with_events(view, new.rows))
    rows = dict(stored.rows)
    for inner, row in new.rows.items():
        if inner not in rows or rows[inner]["at"] <= row["at"]:
            rows[inner] = row
    return Record(max(new.time, stored.time + 1), _with_events(view, rows))


def to_features(view: View, record: Record) -> list[dict[str, str]]:
    """Write a record that has at least one row. Missing values are left out."""
    first, *_ = record.rows.values()
    entity, _ = _split(view, first)
    values: dict[str, Any] = {ENTITY: identifier(entity), EVENT_TIME: event_time(record.time)}
    if view.inner:
        names = [name for name in view.schema if name not in view.entity]
        rows = [{name: row[name] for name in names} for row in record.rows.values()]
        values |= {name: first[name] for name in view.entity} | {ROWS: _json(rows)}
    else:
        values |= first
    return [{"FeatureName": name, "ValueAsString": str(value)} for name, value in values.items() if value is not None]


def from_features(view: View, features: Sequence[Mapping[str, str]]) -> Record:
    """Read a record that `to_features` wrote."""
    values = {one["FeatureName"]: one["ValueAsString"] for one in features}
    entity = {name: values[name] for name in view.entity}
    numbers = {name: int(values[name]) if name in values else None for name in ("at", *view.state)}
    rows = json.loads(values[ROWS]) if view.inner else [numbers]
    by_keys = {_split(view, entity | row)[1]: entity | row for row in rows}
    return Record(_milliseconds(values[EVENT_TIME]), by_keys)


def event_time(milliseconds: int) -> str:
    """Return a time in milliseconds since 1970 as SageMaker wants it, which is ISO 8601."""
    moment = EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def _split(view: View, row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys that name the entity, and the inner ones."""
    keys = tuple(row[name] for name in view.keys)
    return keys[: len(view.entity)], keys[len(view.entity) :]


def _with_events(view: View, rows: Rows) -> Rows:
    return {inner: row for inner, row in rows.items() if any(row[name] for name in view.counts)}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
