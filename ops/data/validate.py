"""Validate an arrived table: find its bad rows, and decide whether the batch is refused as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from shortlist.core.config import PipelineConfig
from shortlist.ops.data.arrived_table import ArrivedTable, read_table
from shortlist.ops.data.cells import typed
from shortlist.ops.data.check import Checked, check
from shortlist.ops.data.ledger import Usual
from shortlist.ops.data.rules import Effect, Kind, Rule, batch_rules, row_rules

MIN_ROWS = 10  # a share of fewer rows says nothing: they are put aside one by one
MIN_KNOWN = 100  # rows about items; the first events of a new video may arrive alone
MIN_VOLUME = 1000  # rows; a small file may well be ten times as large as usual

References = Mapping[str, Mapping[str, int]]  # the name of a batch rule -> id -> number of rows with it
Known = Callable[[str, Iterable[str]], set[str]]  # a table of the catalogue, and ids -> those that it has


@dataclass(frozen=True, slots=True)
class Validation:
    """The verdict on a table: `refused` has the reasons to refuse the batch, `warnings` what looks odd.

    `repeated` are the numbers of rows that repeat an earlier row. `reasons` maps the number of each bad row to what is
    wrong with it, `broken` each broken rule to its number of rows. `references` are the ids that the good rows name:
    whether they are known is asked when the content that came with them is stored (`unknown_references`).
    """

    table: ArrivedTable
    repeated: frozenset[int]
    reasons: Mapping[int, tuple[str, ...]]
    broken: Mapping[str, int]
    references: References
    refused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """A table as a whole: its good rows, the number of its bad ones, and what is usual."""

    table: ArrivedTable
    good: pl.DataFrame
    bad: int
    config: PipelineConfig
    usual: Usual
    now: datetime


def validate(
    path: Path, kind: Kind, config: PipelineConfig, now: datetime, latest: datetime, usual: Usual, *, accepted: bool
) -> Validation:
    """Validate the table at `path` at the time `now`. A batch that a person has `accepted` is not refused.

    `latest` is the latest allowed time of an event. Raises `UsageError` or `RecordError` if the file is no such table.
    """
    table = read_table(path, kind)
    rows = typed(table.raw, kind).with_row_index(ROW)
    checked = check(rows, kind, latest)
    repeated = repeated_rows(rows, kind, checked)
    if repeated:
        rows = rows.filter(~pl.col(ROW).is_in(repeated))
        checked = check(rows, kind, latest)
    numbers = table.numbers.gather(rows[ROW])
    reasons = {int(numbers[row]): found for row, found in checked.reasons.items()}
    reasons |= {int(failure.where.rpartition(":")[2]): (failure.reason,) for failure in table.unread}
    good = rows.filter(~pl.int_range(rows.height).is_in(list(checked.reasons)))
    batch = Batch(table, good, len(reasons), config, usual, now)
    broken = {**checked.broken, **({"line readable": len(table.unread)} if table.unread else {})}
    refused = () if accepted else tuple(_broken_batch_rules(batch, kind, "batch"))
    warnings = tuple(_broken_batch_rules(batch, kind, "warning"))
    twice = frozenset(table.numbers.gather(repeated))
    return Validation(table, twice, reasons, broken, _references(good, kind), refused, warnings)


def unknown_references(references: References, kind: Kind, known: Known) -> Iterator[str]:
    """Yield why a batch with these references is refused: too few of its ids are known."""
    for rule in _known_rules(kind):
        rows = references[rule.name]
        found = set[str]().union(*(known(str(table), rows) for table in rule.arguments))
        total = sum(rows.values())
        share = sum(rows[one] for one in found) / total if total else 1.0
        if total >= MIN_KNOWN and share < (rule.share or 0):
            yield f"{rule.name}: true of {share:.0%} of the rows, expected of at least {rule.share:.0%}"


def _references(good: pl.DataFrame, kind: Kind) -> dict[str, dict[str, int]]:
    found = {}
    for rule in _known_rules(kind):
        rows = good.filter(pl.col(rule.where[0]) == rule.where[1]) if rule.where else good
        found[rule.name] = dict(rows.group_by(rule.column).len().iter_rows())
    return found


ROW = "row"  # the column with the number of a row in the table


def repeated_rows(rows: pl.DataFrame, kind: Kind, checked: Checked) -> list[int]:
    """Return the numbers of the rows that equal an earlier one. A delivery may hold the same event twice.

    Only rows are compared that share a value which must be unique.
    """
    if not any(rule.check == "unique" and rule.name in checked.broken for rule in row_rules(kind)):
        return []
    suspects = rows[list(checked.reasons)]
    first = suspects.unique([name for name in rows.columns if name != ROW], keep="first", maintain_order=True)
    return sorted(set(suspects[ROW].to_list()) - set(first[ROW].to_list()))


def _known_rules(kind: Kind) -> Iterator[Rule]:
    return (rule for rule in batch_rules(kind) if rule.check == "known")


def _broken_batch_rules(batch: Batch, kind: Kind, effect: Effect) -> Iterator[str]:
    for rule in batch_rules(kind):
        if rule.effect == effect and rule.check in BATCH_CHECKS:
            message = BATCH_CHECKS[rule.check](batch)
            if message is not None:
                yield message


def _columns(batch: Batch) -> str | None:
    missing = batch.usual.columns - set(batch.table.raw.columns)
    names = ", ".join(sorted(missing))
    return f"the schema changed: no column {names}, which every earlier file had" if missing else None


def _mostly_good(batch: Batch) -> str | None:
    rows, bad, allowed = batch.table.n_rows, batch.bad, batch.config.max_bad_share
    if rows < MIN_ROWS or bad <= allowed * rows:
        return None
    return f"{bad:,} of {rows:,} rows are bad ({bad / rows:.0%}, allowed are {allowed:.0%})"


def _volume(batch: Batch) -> str | None:
    rows, usual = batch.table.n_rows, batch.usual.rows
    if usual is None or rows < MIN_VOLUME or rows < batch.config.max_volume * usual:
        return None
    return f"{rows:,} rows, {rows / usual:,.0f} times the usual {usual:,.0f}"


def _fresh(batch: Batch) -> str | None:
    if batch.good.is_empty():
        return None
    newest: datetime = batch.good.select(pl.col("at").max()).item()
    stale = newest < batch.now - timedelta(days=batch.config.max_age_days)
    return f"stale: the newest event is of {newest:%Y-%m-%d}" if stale else None


BATCH_CHECKS: Mapping[str, Callable[[Batch], str | None]] = {
    "columns": _columns,
    "mostly good": _mostly_good,
    "volume": _volume,
    "fresh": _fresh,
}
