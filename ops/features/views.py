"""The definitions of all features, as one table of views. What the ranker and the profiles read is defined once, there.

A view counts events in windows. An event is in a window of width w at the moment t if it was known before t, and did
not happen before t - w. These are the limits of the ranker's own counts (`retrieval.index.act_log`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from shortlist.agent.reader.profile import DWELL_COUNTS
from shortlist.core.types import KINDS
from shortlist.retrieval.index.act_log import HOUR_US, WINDOWS_US
from shortlist.store.catalogue.events import POSITIVE

DAY_US = WINDOWS_US["day"]
WINDOWS: Mapping[str, int] = {
    "1h": WINDOWS_US["hour"], "24h": WINDOWS_US["day"], "7d": WINDOWS_US["week"], "28d": 28 * DAY_US,
}  # fmt: skip
NOW = pl.col("now")  # the moment of the question, in microseconds


@dataclass(frozen=True, eq=False)
class View:
    """The features of one kind of entity.

    `keys` identify the entity; the last `inner` of them are not asked for: a question about a reader returns a row for
    each category. `events` selects the events that count. `sums` are whole numbers of each event, summed over
    `windows`; the column of "clicks" in "1h" is "clicks_1h". `newest` are whole numbers of which the largest is kept
    while an event is in the longest window. `features` are computed from these columns and `NOW` when they are read.
    """

    name: str
    description: str
    keys: tuple[str, ...]
    events: pl.Expr
    sums: Mapping[str, pl.Expr]
    windows: tuple[str, ...]
    features: Mapping[str, pl.Expr]
    newest: Mapping[str, pl.Expr] = field(default_factory=dict)
    inner: int = 0

    @property
    def entity(self) -> tuple[str, ...]:
        """The keys that a question names."""
        return self.keys[: len(self.keys) - self.inner]

    @property
    def counts(self) -> tuple[str, ...]:
        """The columns of all sums in all windows."""
        return tuple(f"{name}_{window}" for name in self.sums for window in self.windows)

    @property
    def state(self) -> tuple[str, ...]:
        """The columns that are stored."""
        return (*self.counts, *self.newest)

    @property
    def schema(self) -> pl.Schema:
        """The columns of a stored row with their types. `at` is in microseconds."""
        return pl.Schema({**dict.fromkeys(self.keys, pl.String()), **dict.fromkeys(("at", *self.state), pl.Int64())})

    @property
    def reach(self) -> int:
        """The width of the longest window, in microseconds."""
        return max(WINDOWS[window] for window in self.windows)

    @cached_property
    def version(self) -> str:
        """12 hexadecimal digits of the sha256 of the definition."""
        widths = [(window, WINDOWS[window]) for window in self.windows]
        expressions = [
            (name, str(one)) for part in (self.sums, self.newest, self.features) for name, one in part.items()
        ]
        parts = (self.name, self.keys, self.inner, str(self.events), widths, expressions)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _one_if(condition: pl.Expr) -> pl.Expr:
    return condition.cast(pl.Int64)


def _mean(total: str, number: str, unit: float) -> pl.Expr:
    """Return the mean in units of `unit`; null without any."""
    return pl.when(pl.col(number) > 0).then(pl.col(total) / pl.col(number) / unit)


def _share(number: str, *whole: str) -> pl.Expr:
    """Return the share of a row in all rows with the same `whole`; null where they are 0."""
    total = pl.col(number).sum().over(whole)
    return pl.when(total > 0).then(pl.col(number) / total)


def _since(moment: str, unit: float) -> pl.Expr:
    return (NOW - pl.col(moment)) / unit


ACTION, AT = pl.col("action"), pl.col("at")
CHOSEN = ACTION.is_in(POSITIVE)
WATCHED = ACTION.is_in(sorted(DWELL_COUNTS)) & pl.col("dwell_s").is_not_null()
ACT = (ACTION != "impression") & pl.col("kind").is_in(KINDS)
IS_VIDEO = pl.col("kind") == "video"
FINISHED = pl.min_horizontal(pl.col("dwell_s") / pl.col("duration_s"), 1.0)
PLAYED = (ACTION == "view") & pl.col("dwell_s").is_not_null() & (pl.col("duration_s") > 0)
MILLION = 1_000_000.0

CHOICES = {"choices": _one_if(CHOSEN)}
# Sums are whole numbers, so that their order does not matter: milliseconds, and millionths of a video.
DWELL = {
    "watched": _one_if(WATCHED),
    "dwell_ms": pl.when(WATCHED).then((pl.col("dwell_s") * 1000).round()).cast(pl.Int64),
}
RECENCY = {"recency_h": _since("last_at", HOUR_US)}

READER = View(
    "reader",
    "what a reader chose and skipped, how long they watched, and how long their sessions are",
    ("user_id",),
    ACT,
    {
        **CHOICES,
        "skips": _one_if(ACTION.is_in(("skip", "dislike"))),
        **DWELL,
        "sessions": pl.col("begins_session"),
        "session_us": pl.col("in_session_us"),
    },
    ("24h", "28d"),
    {
        **{f"{name}_{window}": pl.col(f"{name}_{window}")
           for name in ("choices", "skips", "sessions") for window in ("24h", "28d")},
        **{f"dwell_s_{window}": _mean(f"dwell_ms_{window}", f"watched_{window}", 1000) for window in ("24h", "28d")},
        **{f"session_s_{window}": _mean(f"session_us_{window}", f"sessions_{window}", MILLION)
           for window in ("24h", "28d")},
        **RECENCY,
    },
    {"last_at": AT},
)  # fmt: skip

READER_CATEGORY = View(
    "reader_category",
    "the share of each category in what a reader chose",
    ("user_id", "category"),
    ACT & CHOSEN & pl.col("category").is_not_null(),
    CHOICES,
    ("24h", "28d"),
    {
        **{f"choices_{window}": pl.col(f"choices_{window}") for window in ("24h", "28d")},
        **{f"share_{window}": _share(f"choices_{window}", "user_id", "now") for window in ("24h", "28d")},
    },
    inner=1,
)

ITEM = View(
    "item",
    "how often a video was shown, clicked, played and chosen, how much of it was played, and its age",
    ("item_id",),
    IS_VIDEO,
    {
        "impressions": _one_if(ACTION == "impression"),
        "clicks": _one_if(ACTION == "click"),
        "plays": _one_if(ACTION == "view"),
        **CHOICES,
        "played": _one_if(PLAYED),
        "finished": pl.when(PLAYED).then((FINISHED * MILLION).round()).cast(pl.Int64),
    },
    ("1h", "24h", "7d"),
    {
        **{f"{name}_{window}": pl.col(f"{name}_{window}")
           for name in ("impressions", "clicks", "plays", "choices") for window in ("1h", "24h", "7d")},
        **{f"completion_{window}": _mean(f"finished_{window}", f"played_{window}", MILLION)
           for window in ("24h", "7d")},
        "age_d": _since("published", DAY_US),
    },
    {"published": pl.col("published")},
)  # fmt: skip

READER_ITEM = View(
    "reader_item",
    "how often a reader was shown a video, and what they did with it",
    ("user_id", "item_id"),
    IS_VIDEO,
    {"impressions": _one_if(ACTION == "impression"), **CHOICES, **DWELL},
    ("28d",),
    {
        "impressions_28d": pl.col("impressions_28d"),
        "choices_28d": pl.col("choices_28d"),
        "dwell_s_28d": _mean("dwell_ms_28d", "watched_28d", 1000),
        **RECENCY,
    },
    {"last_at": AT},
)

VIEWS: Mapping[str, View] = {view.name: view for view in (READER, READER_CATEGORY, ITEM, READER_ITEM)}
