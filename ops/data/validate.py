"""Validate an arrived table: find its bad rows, and decide whether the batch is refused as a whole.

A row is bad if the parser of the ingest would refuse it, or leave out one of its fields.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from shortlist.core.config_sections.operations import PipelineConfig
from shortlist.core.errors import RecordError
from shortlist.core.types import Event
from shortlist.ingest.records.values import is_missing
from shortlist.ingest.tables.limits import Limits
from shortlist.ingest.tables.rows import Failure, Row
from shortlist.ops.data.ledger import Usual
from shortlist.ops.data.tables import PARSERS, Kind, number_of, rows_of

MIN_ROWS = 10  # a share of fewer rows says nothing: they are put aside one by one
MIN_KNOWN = 100  # rows about items; the first events of a new video may arrive alone
MIN_VOLUME = 1000  # rows; a small file may well be ten times as large as usual
KNOWN_SHARE = 0.5  # of the rows; a file of events about nothing known is another home's
MAX_BAD = 50_000  # rows after which a file that is mostly bad is not read further

UNREAD = "line readable"  # the rules that no parser has
LATE = "event in the future"
UNIQUE = "event_id unique"

References = Mapping[str, Mapping[str, int]]  # the kind of item -> id -> number of good rows with it
Known = Callable[[str, Iterable[str]], set[str]]  # a table of the catalogue, and ids -> those that it has
Keep = Callable[[int, Event], None]  # gets the number of each good event, and the event


@dataclass(slots=True)
class Validation:
    """The verdict on a table. It grows as the table is read.

    `repeated` are the numbers of rows that repeat an earlier row. `reasons` maps the number of each bad row to what is
    wrong with it, `broken` each broken rule to its number of rows. `references` are the ids that good rows name:
    whether they are known is asked when the content that came with them is stored (`unknown_references`).
    """

    rows: int = 0
    columns: dict[str, None] = field(default_factory=dict)  # in their order
    repeated: set[int] = field(default_factory=set)
    reasons: dict[int, str] = field(default_factory=dict)
    broken: Counter[str] = field(default_factory=Counter)
    references: dict[str, Counter[str]] = field(default_factory=lambda: {"video": Counter(), "article": Counter()})
    newest: datetime | None = None
    refused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def put_aside(self, number: int, rule: str, reason: str) -> None:
        """Count a bad row."""
        self.reasons[number] = reason
        self.broken[rule] += 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What a table is compared with: the settings, what is usual, the time, and the latest time of an event."""

    config: PipelineConfig
    limits: Limits
    usual: Usual
    now: datetime
    latest: datetime
    accepted: bool = False  # by a person: it is not refused


def validate(path: Path, kind: Kind, batch: Batch, keep: Keep) -> Validation:
    """Validate the table at `path`. `keep` gets the good events; one of them may turn out to be bad later.

    Raises `UsageError` or `RecordError` if the file is no such table.
    """
    found = Validation()
    known: dict[tuple[str, str], tuple[int, int]] = {}  # an event's id and reader -> the number of its row, its hash
    for row in rows_of(path, kind, batch.limits):
        found.rows += 1
        number = number_of(row)
        if isinstance(row, Failure):
            found.put_aside(number, UNREAD, row.reason)
        elif (record := _parsed(found, number, row, kind)) is not None and isinstance(record, Event):
            if record.at > batch.latest:
                reason = f"{LATE}: expected {batch.latest.isoformat()} or earlier, found {record.at.isoformat()}"
                found.put_aside(number, LATE, reason)
            elif _is_new(found, known, number, row, record):
                keep(number, record)
                _refer(found, record)
        if not batch.accepted and _is_hopeless(found, batch):
            break
    found.refused = () if batch.accepted else tuple(_refusals(found, batch))
    found.warnings = tuple(_warnings(found, batch))
    return found


def unknown_references(references: References, known: Known) -> Iterator[str]:
    """Yield why a batch with these references is refused: too few of its ids are known."""
    for kind, rows in references.items():
        found = known(f"{kind}s", rows)
        total = sum(rows.values())
        share = sum(rows[one] for one in found) / total if total else 1.0
        if total >= MIN_KNOWN and share < KNOWN_SHARE:
            rule = f"item_id among the {kind}s where kind is {kind}"
            yield f"{rule}: true of {share:.0%} of the rows, expected of at least {KNOWN_SHARE:.0%}"


def _parsed(found: Validation, number: int, row: Row, kind: Kind) -> object:
    found.columns.update(dict.fromkeys(row.values))
    try:
        return PARSERS[kind](row)
    except RecordError as error:
        found.put_aside(number, error.problem, str(error))
        return None


def _is_new(
    found: Validation, known: dict[tuple[str, str], tuple[int, int]], number: int, row: Row, event: Event
) -> bool:
    """Return whether no earlier row has this event id of this reader. Another event with the id is bad."""
    if is_missing(row.values.get("event_id")):
        return True
    first, content = known.setdefault((event.event_id, event.user_id), (number, hash(event)))
    if first == number:
        return True
    if content == hash(event):
        found.repeated.add(number)
        return False
    for one in {first, number} - found.reasons.keys():
        found.put_aside(one, UNIQUE, UNIQUE)
    return False


def _refer(found: Validation, event: Event) -> None:
    found.newest = event.at if found.newest is None else max(found.newest, event.at)
    if event.kind in found.references:
        found.references[event.kind][event.item_id] += 1


def _is_hopeless(found: Validation, batch: Batch) -> bool:
    return len(found.reasons) > MAX_BAD and len(found.reasons) > batch.config.max_bad_share * found.rows


def _refusals(found: Validation, batch: Batch) -> Iterator[str]:
    missing = batch.usual.columns - found.columns.keys()
    if missing:
        yield f"the schema changed: no column {', '.join(sorted(missing))}, which every earlier file had"
    rows, bad, allowed = found.rows, len(found.reasons), batch.config.max_bad_share
    if rows >= MIN_ROWS and bad > allowed * rows:
        yield f"{bad:,} of {rows:,} rows are bad ({bad / rows:.0%}, allowed are {allowed:.0%})"
    usual = batch.usual.rows
    if usual is not None and rows >= MIN_VOLUME and rows >= batch.config.max_volume * usual:
        yield f"{rows:,} rows, {rows / usual:,.0f} times the usual {usual:,.0f}"


def _warnings(found: Validation, batch: Batch) -> Iterator[str]:
    if found.newest is not None and found.newest < batch.now - timedelta(days=batch.config.max_age_days):
        yield f"stale: the newest event is of {found.newest:%Y-%m-%d}"
