"""What readers were shown, joined with the features that were known then, and whether they chose it."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from shortlist.ops.features.feature_store import TIME, FeatureStore
from shortlist.ops.features.views import ITEM, READER, READER_ITEM
from shortlist.store.catalogue.catalogue import Catalogue
from shortlist.store.catalogue.events import POSITIVE

SHOWN = pl.Schema(
    {
        "request_id": pl.String(),
        "user_id": pl.String(),
        "item_id": pl.String(),
        "at": TIME,
        "rank": pl.Int64(),
        "score": pl.Float64(),
        "chosen": pl.Boolean(),
    }
)
JOINED = (READER, ITEM, READER_ITEM)


def shown(catalogue: Catalogue, until: datetime) -> pl.DataFrame:
    """Return a row for each video of each recorded answer before `until`, oldest first, with the columns of `SHOWN`.

    A video is `chosen` if an event of the same request clicks, views or likes it, whenever that arrived.
    """
    exposures = [one for one in catalogue.exposures.iterate() if one.at <= until]
    answers = catalogue.events.answering(exposures[0].at) if exposures else {}
    chosen = {
        request_id: {event.item_id for event in events if event.action in POSITIVE}
        for request_id, events in answers.items()
    }
    rows = [
        (one.request_id, one.request.user_id, item.item_id, one.at, item.rank, item.score,
         item.item_id in chosen.get(one.request_id, ()))
        for one in exposures
        for item in one.items
    ]  # fmt: skip
    return pl.DataFrame(rows, SHOWN, orient="row")


def join_features(store: FeatureStore, shown_items: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `shown` with the features at their times, in columns such as "reader__choices_24h"."""
    joined = [shown_items]
    for view in JOINED:
        values = store.as_of(view, shown_items.select(*view.entity, "at"))
        joined.append(values.select(pl.col(name).alias(f"{view.name}__{name}") for name in view.features))
    return pl.concat(joined, how="horizontal")
