"""From events to the history of a view: one row for each moment at which the values of an entity change.

An event adds to a window when it becomes known, and is subtracted when the window has left it behind. The running sum
of these changes is the value at any moment, whatever the order in which events arrive: a late event changes what
follows its arrival, and nothing before.
"""

from __future__ import annotations

import polars as pl

from shortlist.ops.features.views import WINDOWS, View


def with_sessions(events: pl.DataFrame, gap_us: int) -> pl.DataFrame:
    """Add `begins_session`, 0 or 1, and `in_session_us`, the time since the act before in the same session.

    An act begins a session if the reader's newest act known before it is more than `gap_us` older. An act that is older
    than one known before it, because it arrived late, neither begins nor extends a session.
    """
    is_act = pl.col("action") != "impression"
    before = pl.col("at").cum_max().shift(1).over("user_id")
    acts = events.filter(is_act).sort("known", "at", "seq").with_columns(since=pl.col("at") - before)
    begins = pl.col("since").is_null() | (pl.col("since") > gap_us)
    extends = (pl.col("since") > 0) & ~begins
    sessions = acts.select(
        "seq",
        begins_session=begins.cast(pl.Int64),
        in_session_us=pl.when(extends).then("since").otherwise(0),
    )
    return events.join(sessions, on="seq", how="left")


def history(view: View, events: pl.DataFrame, since: int, until: int) -> pl.DataFrame:
    """Return the rows of `view` from `since` on and before `until`, in microseconds, by keys and time.

    `events` has one row for each event, with the columns of `events.py`; all that could be known before `until` and
    happened less than `view.reach` before `since`. A row has the keys, `at`, and the columns `view.state` from then on.
    """
    chosen = events.filter(view.events, pl.col("at") + view.reach > pl.col("known"))
    amounts = {name: amount.fill_null(0) for name, amount in view.sums.items()}
    own = chosen.select(*view.keys, "at", "known", **amounts, **view.newest)
    changes = pl.concat([_entries(view, own), *(_exits(view, own, window) for window in view.windows)], how="diagonal")
    counts = [pl.col(name).sum() for name in view.counts]  # the sum of nulls is 0
    # What changed before `since` is one row for each entity, which is left out at the end.
    moment = pl.col("at").clip(lower_bound=since - 1)
    moments = changes.filter(pl.col("at") < until).with_columns(moment).group_by(*view.keys, "at")
    summed = moments.agg(*counts, *(pl.col(name).max() for name in view.newest)).sort(*view.keys, "at")
    state = summed.with_columns(
        *(pl.col(name).cum_sum().over(view.keys) for name in view.counts),
        *(pl.col(name).cum_max().forward_fill().over(view.keys) for name in view.newest),
    )
    is_left = pl.any_horizontal(pl.col(*view.counts) != 0)
    newest = [pl.when(is_left).then(pl.col(name)).alias(name) for name in view.newest]
    return state.filter(pl.col("at") >= since).with_columns(newest)


def _entries(view: View, own: pl.DataFrame) -> pl.DataFrame:
    """Add each event to the windows that have not left it behind when it becomes known."""
    counts = {
        f"{name}_{window}": pl.when(pl.col("at") + WINDOWS[window] > pl.col("known")).then(name).otherwise(0)
        for name in view.sums
        for window in view.windows
    }
    return own.select(*view.keys, pl.col("known").alias("at"), *view.newest, **counts)


def _exits(view: View, own: pl.DataFrame, window: str) -> pl.DataFrame:
    """Subtract each event from `window` when that has left it behind."""
    end = pl.col("at") + WINDOWS[window]
    counts = {f"{name}_{window}": -pl.col(name) for name in view.sums}
    return own.filter(end > pl.col("known")).select(*view.keys, end.alias("at"), **counts)
