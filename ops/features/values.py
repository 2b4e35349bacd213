"""From stored rows to the values that are read: the newest row before each point, and the features of its columns."""

from __future__ import annotations

import polars as pl

from shortlist.ops.features.views import View

POINT = "point"  # the number of a question


def values_before(view: View, rows: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """Return the values of `view` at each of `points`, in their order.

    `rows` has the keys, `at` in microseconds and the state of `view`, `points` the columns `view.entity` and `at`.
    """
    asked = points.select(*view.entity, "at").with_row_index(POINT)
    if view.inner:
        asked = asked.join(rows.select(view.keys).unique(), on=view.entity, how="inner")
    newest = asked.sort("at").join_asof(
        rows.sort("at"), on="at", by=list(view.keys), strategy="backward", allow_exact_matches=False,
        check_sortedness=False,
    )  # fmt: skip
    return _features(view, newest.sort(POINT, *view.keys))


def newest_values(view: View, rows: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """Return the values at `points` as `values_before`, where `rows` has only the newest row of each entity."""
    asked = points.select(*view.entity, "at").with_row_index(POINT)
    found = asked.join(rows.drop("at"), on=view.entity, how="inner" if view.inner else "left")
    return _features(view, found.sort(POINT, *view.keys))


def is_left(view: View) -> pl.Expr:
    """Return whether any event is in the windows of a row."""
    return pl.any_horizontal(pl.col(*view.counts) != 0)


def _features(view: View, found: pl.DataFrame) -> pl.DataFrame:
    """Compute the features of rows with `POINT`, the keys, `at` and the state, which may be null."""
    state = found.with_columns(pl.col(*view.counts).fill_null(0), now=pl.col("at"))
    if view.inner:
        state = state.filter(is_left(view))
    moment = pl.col("at").cast(pl.Datetime("us", "UTC"))
    return state.select(*view.keys, moment, **view.features)
