"""The events of a catalogue as a table, each with the moment from which it could be known."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from shortlist.core.config_sections.operations import Clock
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.features import EVENT_COLUMNS, ITEM_COLUMNS

TYPES: dict[str, type[pl.DataType]] = {
    "seq": pl.Int64, "user_id": pl.String, "item_id": pl.String, "kind": pl.String, "action": pl.String,
    "at": pl.Int64, "dwell_s": pl.Float64, "arrived": pl.Int64,
    "category": pl.String, "duration_s": pl.Float64, "published": pl.Int64,
}  # fmt: skip


def read_events(catalogue: Catalogue, clock: Clock, since: int | None = None, after: int = 0) -> pl.DataFrame:
    """Return the events at or after `since`, in microseconds, with a number above `after`, in the order of addition.

    Columns: those of `TYPES`, and `known`. By the clock "arrival" an event is known when it has happened and is stored;
    one of an older catalogue, which did not note that, when it has happened. By the clock "event" all are.
    """
    pages = catalogue.features.iterate_events(since, after)
    events = pl.concat([_table(EVENT_COLUMNS, []), *(_table(EVENT_COLUMNS, page) for page in pages)])
    items = _table(ITEM_COLUMNS, catalogue.features.items() if len(events) else [])
    known = pl.max_horizontal("at", "arrived") if clock == "arrival" else pl.col("at")
    return events.with_columns(known=known).join(items, on=("kind", "item_id"), how="left", maintain_order="left")


def _table(names: Iterable[str], rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, {name: TYPES[name] for name in names}, orient="row")
