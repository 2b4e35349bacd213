"""The seam of online stores, which have the newest row of each entity; and the one in the catalogue's database."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol

import polars as pl

from shortlist.ops.features.values import is_left
from shortlist.ops.features.views import READER, READER_CATEGORY, READER_ITEM, View
from shortlist.store.catalogue.features import KEYS, Features, OnlineRow


class OnlineStore(Protocol):
    """The newest row of each entity that has an event in any window. All rows have the columns `View.schema`."""

    def put(self, view: View, rows: pl.DataFrame) -> None:
        """Store the last of the `rows` of the same keys, unless the stored one is of a later time.

        `rows` are sorted by keys and time. One without an event in any window deletes the stored one.
        """
        ...

    def get(self, view: View, entities: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `entities`, which has the columns `view.entity`, in any order."""
        ...

    def clear(self) -> None:
        """Erase all rows of all views."""
        ...


def rows_of_reader(store: OnlineStore, user_id: str, item_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Return the newest rows of a reader with the names of their views. `item_ids` are all that the reader met."""
    reader: list[tuple[str, ...]] = [(user_id,)]
    pairs: list[tuple[str, ...]] = [(user_id, item_id) for item_id in sorted(set(item_ids))]
    entities = {READER: reader, READER_CATEGORY: reader, READER_ITEM: pairs}
    return [
        {"view": view.name, **row}
        for view, keys in entities.items()
        for row in store.get(view, pl.DataFrame(keys, view.entity, orient="row")).iter_rows(named=True)
    ]


def newest_rows(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the last of the `rows` of the same keys."""
    return rows.unique(view.keys, keep="last", maintain_order=True)


class CatalogueOnline:
    """The `OnlineStore` in SQL: the table `features` of the catalogue."""

    def __init__(self, table: Features) -> None:
        self._table = table

    def put(self, view: View, rows: pl.DataFrame) -> None:
        """See `OnlineStore`."""
        newest = newest_rows(view, rows)
        keys = newest.select(pl.col(name) if name in view.keys else pl.lit("").alias(name) for name in KEYS)
        states = newest.select(pl.when(is_left(view)).then(pl.struct(view.state).struct.json_encode())).to_series()
        self._table.put(
            view.name, [OnlineRow(*one) for one in zip(keys.iter_rows(), newest["at"], states, strict=True)]
        )

    def get(self, view: View, entities: pl.DataFrame) -> pl.DataFrame:
        """See `OnlineStore`."""
        first = view.keys[0]
        found = self._table.get_many(view.name, first, entities[first].unique().to_list())
        rows = [
            dict(zip(KEYS, one.keys, strict=True)) | {"at": one.at} | json.loads(one.state or "{}") for one in found
        ]
        return pl.DataFrame(rows, view.schema).join(entities, on=view.entity, how="semi")

    def clear(self) -> None:
        """See `OnlineStore`."""
        self._table.clear()
