"""Convert the columns of a table of texts to typed columns, a whole column at a time.

The parsers of `ingest.records` decide what a cell means. An expression handles the plain cells of a column (most of
them); every other cell goes to the parser, whose message becomes the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import polars as pl

from shortlist.core.errors import RecordError
from shortlist.core.types import ORIGINS
from shortlist.core.validation import check_id, check_number
from shortlist.ingest.records import values
from shortlist.ingest.records.transcripts import transcript_from
from shortlist.ops.data.rules import RULES, UNREADABLE, Kind

TIME = pl.Datetime("us", "UTC")

NUMBER = r"^[-+]?[0-9]+(\.[0-9]+)?$"
WHOLE = r"^[0-9]{1,18}$"
PLAIN_NAME = r"^[a-z]+$"
PLAIN_ID = r"^[!-~]([ -~]*[!-~])?$"
ISO_TIME = (
    r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,6})?(Z|[-+](0[0-9]|1[0-4]):[0-5][0-9])$"
)
MILLISECONDS = 2e10  # pydantic reads a larger number as milliseconds

# What stands for an unreadable cell of a column that must be present, so that it breaks the rule "readable" only.
NEUTRAL: Mapping[Any, Any] = {pl.String: "?", TIME: datetime(1970, 1, 1, tzinfo=UTC)}


@dataclass(frozen=True, slots=True)
class Cell:
    """The type of a column. `parse(value, what)` reads one value; `plain` gives null for cells it leaves to `parse`."""

    what: str
    parse: Callable[[Any, str], Any]
    dtype: Any = None  # None: only whether the cells can be read matters
    plain: Callable[[pl.Series], pl.Expr | None] = lambda _series: None


def _id(value: Any, what: str) -> str:
    found = values.identifier(value, what)
    check_id(found, what)
    return found


def _optional_id(value: Any, what: str) -> str:
    return _id(values.text(value, what), what)


def _name(value: Any, what: str) -> str:
    return values.text(value, what).lower()


def _number(value: Any, what: str) -> int | None:
    found = values.integer(value, what)
    check_number(found, what)
    return found


def _transcript(value: Any, _what: str) -> None:
    transcript_from(value, language=None)


def _plain_text(series: pl.Series) -> pl.Expr | None:
    if series.dtype != pl.String:
        return None
    text = pl.col(series.name).str.strip_chars()
    return pl.when(text != "").then(text)


def _plain_name(series: pl.Series) -> pl.Expr | None:
    column = pl.col(series.name)
    return pl.when(column.str.contains(PLAIN_NAME)).then(column) if series.dtype == pl.String else None


def _plain_id(series: pl.Series) -> pl.Expr | None:
    column = pl.col(series.name)
    if series.dtype.is_integer():
        return column.cast(pl.String)
    return pl.when(column.str.contains(PLAIN_ID)).then(column) if series.dtype == pl.String else None


def _plain_seconds(series: pl.Series) -> pl.Expr | None:
    column = pl.col(series.name)
    if series.dtype.is_numeric():
        number = column.cast(pl.Float64)
        return pl.when(number.is_finite()).then(number)
    if series.dtype != pl.String:
        return None
    text = column.str.strip_chars()
    return pl.when(text.str.contains(NUMBER)).then(text).cast(pl.Float64, strict=False)


def _plain_number(series: pl.Series) -> pl.Expr | None:
    column = pl.col(series.name)
    if series.dtype.is_integer():
        return pl.when(column >= 0).then(column).cast(pl.Int64, strict=False)
    text = column.str.strip_chars()
    return (
        pl.when(text.str.contains(WHOLE)).then(text).cast(pl.Int64, strict=False) if series.dtype == pl.String else None
    )


def _plain_time(series: pl.Series) -> pl.Expr | None:
    column = pl.col(series.name)
    if isinstance(series.dtype, pl.Datetime):
        return column.dt.convert_time_zone("UTC").cast(TIME) if series.dtype.time_zone else None
    if series.dtype.is_numeric():
        epoch = column.cast(pl.Float64)
        plain = (epoch >= values.MIN_EPOCH_S) & (epoch < MILLISECONDS)
        return (
            pl.when(plain)
            .then((epoch * 1e6).round())
            .cast(pl.Int64)
            .cast(pl.Datetime("us"))
            .dt.replace_time_zone("UTC")
        )
    if series.dtype != pl.String:
        return None
    return (
        pl.when(column.str.contains(ISO_TIME))
        .then(column)
        .str.to_datetime("%+", time_zone="UTC", strict=False)
        .cast(TIME)
    )


_DAY = partial(values.moment, days=True)
_ORIGIN = partial(values.one_of, ORIGINS)

TEXT = partial(Cell, parse=values.text, dtype=pl.String, plain=_plain_text)
NAME = partial(Cell, parse=_name, dtype=pl.String, plain=_plain_name)
ID = partial(Cell, parse=_id, dtype=pl.String, plain=_plain_id)
OPTIONAL_ID = partial(Cell, parse=_optional_id, dtype=pl.String, plain=_plain_id)
SECONDS = partial(Cell, parse=values.seconds, dtype=pl.Float64, plain=_plain_seconds)

VIDEO_TEXTS = (
    "channel", "url", "description", "category", "category_made_by", "tags_made_by", "summary", "summary_made_by",
)  # fmt: skip

CELLS: Mapping[Kind, Mapping[str, Cell]] = {
    "events": {
        "user_id": ID("user id"),
        "item_id": ID("item id"),
        "kind": NAME("kind"),
        "action": NAME("action"),
        "at": Cell("event time", values.moment, TIME, _plain_time),
        "dwell_s": SECONDS("dwell time"),
        "event_id": OPTIONAL_ID("event id"),
        "request_id": TEXT("request id"),
        "position": Cell("position", _number, pl.Int64, _plain_number),
        "variant": TEXT("variant"),
    },
    "videos": {
        "id": ID("video id"),
        "title": TEXT("title"),
        "duration": SECONDS("duration"),
        "published": Cell("published time", _DAY, TIME, _plain_time),
        "transcript": Cell("transcript", _transcript),
        "segments": Cell("segments", _transcript),
        "transcript_origin": Cell("transcript origin", _ORIGIN),
        "language": Cell("language", values.language),
        "tags": Cell("tags", values.tags),
        **{name: TEXT(name) for name in VIDEO_TEXTS},
    },
    "articles": {
        "id": ID("article id"),
        "title": TEXT("title"),
        "body": TEXT("body"),
        "category": TEXT("category"),
        "published": Cell("published time", _DAY, TIME, _plain_time),
    },
    "readers": {
        "user_id": ID("user id"),
        "created": Cell("created time", _DAY, TIME, _plain_time),
        "interests": Cell("interests", values.tags),
    },
}


def typed(raw: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """Return the typed columns of `raw`, row for row, and the column `UNREADABLE`.

    A missing cell is null. `UNREADABLE` is null, or says what is wrong with the cells of the row that cannot be read.
    """
    needed = {rule.column for rule in RULES if rule.kind == kind and rule.check == "present"}
    faults: dict[int, list[str]] = {}
    columns: list[pl.Series] = []
    for name, cell in CELLS[kind].items():
        if name in raw.columns:
            column = _convert(raw[name], cell, faults, NEUTRAL.get(cell.dtype) if name in needed else None)
        else:
            column = pl.Series(name, [None] * raw.height, dtype=cell.dtype or pl.Null)
        if cell.dtype is not None:
            columns.append(column)
    messages = pl.Series(UNREADABLE, [None], dtype=pl.String).new_from_index(0, raw.height)
    if faults:
        messages = messages.scatter(list(faults), ["; ".join(faults[row]) for row in faults])
    return pl.DataFrame([*columns, messages])


def _convert(series: pl.Series, cell: Cell, faults: dict[int, list[str]], neutral: Any) -> pl.Series:
    dtype = cell.dtype or pl.Null
    plain = cell.plain(series)
    frame = series.to_frame()
    if plain is None:
        column = pl.Series(series.name, [None], dtype=dtype).new_from_index(0, len(series))
    else:
        column = frame.select(plain.cast(dtype).alias(series.name)).to_series()
    others = (column.is_null() & series.is_not_null()).arg_true()
    if series.dtype == pl.String:
        others = others.filter(series.gather(others).str.strip_chars() != "")
    if others.is_empty():
        return column
    found: list[Any] = []
    parse = _remembering(cell)
    for row, value in zip(others.to_list(), series.gather(others).to_list(), strict=True):
        parsed, fault = parse(value)
        if fault is not None:
            faults.setdefault(row, []).append(fault)
            parsed = neutral
        found.append(parsed)
    return column if cell.dtype is None else column.scatter(others, pl.Series(found, dtype=dtype))


def _remembering(cell: Cell) -> Callable[[Any], tuple[Any, str | None]]:
    """Return a function that gives the parsed value and no message, or None and the message. It remembers texts."""
    known: dict[str, tuple[Any, str | None]] = {}

    def parse(value: Any) -> tuple[Any, str | None]:
        if isinstance(value, str) and value in known:
            return known[value]
        try:
            result: tuple[Any, str | None] = (
                None if values.is_missing(value) else cell.parse(value, cell.what),
                None,
            )
        except RecordError as error:
            result = (None, str(error))
        if isinstance(value, str):
            known[value] = result
        return result

    return parse
