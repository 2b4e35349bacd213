"""Check typed rows by the table of rules, with pandera on polars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from shortlist.ops.data.rules import LATEST, UNREADABLE, Kind, Rule, row_rules


@dataclass(frozen=True, slots=True)
class Checked:
    """The result for one table: `reasons` maps the number of a bad row to the rules that it breaks, in their order.

    `broken` maps the name of each broken rule to the number of rows that break it.
    """

    reasons: Mapping[int, tuple[str, ...]]
    broken: Mapping[str, int]


def check(rows: pl.DataFrame, kind: Kind, latest: datetime) -> Checked:
    """Check the rows of `cells.typed`, numbered from 0, by all row rules of `kind`.

    `latest` is the latest allowed time of an event.
    """
    rules = {rule.name: rule for rule in row_rules(kind)}
    checks: dict[str, list[pa.Check]] = {}
    for name, rule in rules.items():
        checks.setdefault(rule.column, []).append(pa.Check(_expression(rule, latest), name=name))
    schema = pa.DataFrameSchema(
        {column: pa.Column(nullable=True, checks=checks[column]) for column in checks}, name=kind
    )
    try:
        schema.validate(rows, lazy=True)
    except SchemaErrors as error:
        failed = error.failure_cases.select("index", "check").unique().sort("index")
    else:
        return Checked({}, {})
    messages = rows[UNREADABLE]
    reasons: dict[int, dict[str, str]] = {}
    for row, name in failed.iter_rows():
        reason = str(messages[row]) if rules[name].check == "readable" else name
        reasons.setdefault(row, {})[name] = reason
    ordered = {row: tuple(found[name] for name in rules if name in found) for row, found in reasons.items()}
    counts = dict(failed.group_by("check").len().iter_rows())
    return Checked(ordered, {name: counts[name] for name in rules if name in counts})


def _expression(rule: Rule, latest: datetime) -> Callable[[pa.PolarsData], pl.LazyFrame]:
    """Return the check of `rule` as pandera wants it: a function that gives one column of true and false."""
    holds = EXPRESSIONS[rule.check](rule, latest)
    if rule.where is not None:
        column, value = rule.where
        concerned = pl.col(column).is_null() if value is None else pl.col(column) == value
        holds = ~concerned.fill_null(value=False) | holds
    return lambda data: data.lazyframe.select(holds.fill_null(value=True))


def _length(rule: Rule, _latest: datetime) -> pl.Expr:
    return pl.col(rule.column).str.len_chars().is_between(rule.arguments[0], rule.arguments[1])


def _between(rule: Rule, latest: datetime) -> pl.Expr:
    low, high = rule.arguments
    column = pl.col(rule.column)
    if high == LATEST:
        return column <= pl.lit(latest)
    return column.is_between(pl.lit(low), pl.lit(high))


def _unique(rule: Rule, _latest: datetime) -> pl.Expr:
    column = pl.col(rule.column)
    return column.is_null() | column.is_unique()


EXPRESSIONS: Mapping[str, Callable[[Rule, datetime], pl.Expr]] = {
    "readable": lambda rule, _latest: pl.col(rule.column).is_null(),
    "present": lambda rule, _latest: pl.col(rule.column).is_not_null(),
    "length": _length,
    "between": _between,
    "one of": lambda rule, _latest: pl.col(rule.column).is_in(list(rule.arguments)),
    "unique": _unique,
}
