"""The ledger of arrivals: one row for each file that was taken, in pipeline.sqlite3 of the home.

It holds counts and names of rules, but no value of a row. If it is lost, a file that is delivered again is stored
again, which changes nothing.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    RowMapping,
    Table,
    Text,
    func,
    insert,
    select,
    true,
    update,
)

from shortlist.ops.data.inbox import FileKind
from shortlist.store.catalogue.rows import from_micros, to_micros
from shortlist.store.sql.sqlite import SqliteDatabase

Outcome = Literal["done", "duplicate", "refused", "failed", "returned"]
State = Literal["taken", "checked", "finishing"] | Outcome
OPEN: tuple[State, ...] = ("taken", "checked", "finishing")

FILE = "pipeline.sqlite3"
IF_DAMAGED = "delete it: files that are delivered again are stored again, which changes nothing"
USUAL_DAYS = timedelta(days=14)
OUTCOMES = ("new", "changed", "unchanged", "repeated", "bad")  # of rows
FORGOTTEN = "forgotten"  # the name of a file whose own name may not be kept
MIN_FILES = 3  # of a kind, before there is anything usual

tables = MetaData()
arrivals = Table(
    "arrivals",
    tables,
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("sha256", Text, nullable=False, index=True),
    Column("state", Text, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("facts", Text, nullable=False),  # JSON: the other fields of `Arrival`
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Usual:
    """The earlier files of a kind: the median of their rows (None before three), and the columns that all had."""

    rows: float | None = None
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that was taken from incoming/, and what became of it.

    In the state "finishing" its `outcome` is known, and the file still has to be moved to `kept`, its name in done/ or
    failed/.
    `rows` counts all rows, `repeated` those that equal an earlier one, and `bad` those in quarantine. `new`, `changed`
    and `unchanged` count stored records. `broken` maps rules to numbers of rows. `why` says why the file was refused
    or failed, or what looks odd. `quarantine` is the file with the bad rows.
    """

    number: int
    kind: FileKind
    name: str
    version: str
    sha256: str
    state: State
    at: datetime
    rows: int = 0
    repeated: int = 0
    bad: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    columns: tuple[str, ...] = ()
    broken: Mapping[str, int] | None = None
    why: tuple[str, ...] = ()
    outcome: Outcome | None = None
    kept: str = ""
    quarantine: str = ""
    accepted: bool = False  # by a person, although the batch was refused
    stamp: str = ""  # of the file, when its content was hashed

    def name_in(self, folder: str, suffix: str | None = None) -> str:
        """Return a name in `folder`: the file's own with the number of the arrival, as "done/events/day.17.csv".

        `suffix` replaces the file's own.
        """
        path = Path(self.name)
        stem, dot, suffixes = path.name.partition(".")
        name = f"{stem}.{self.number}{dot + suffixes if suffix is None else suffix}"
        return (Path(folder, self.kind) / path.parent / name).as_posix()


OWN = ("number", "kind", "name", "version", "sha256", "state", "at")
FACTS = tuple(one.name for one in fields(Arrival) if one.name not in OWN)


class Ledger:
    """The arrivals of the home at `home`."""

    def __init__(self, home: Path) -> None:
        self._database = SqliteDatabase(home / FILE, IF_DAMAGED)
        self._database.prepare(tables)

    def add(self, kind: FileKind, name: str, version: str, sha256: str, stamp: str = "") -> Arrival:
        """Store a new arrival in the state "taken"."""
        arrival = Arrival(0, kind, name, version, sha256, "taken", datetime.now(UTC), stamp=stamp)
        with self._database.writing() as connection:
            row = {name: value for name, value in _row(arrival).items() if name != "number"}
            key = connection.execute(insert(arrivals).values(row)).inserted_primary_key
        return replace(arrival, number=int(key[0]) if key else 0)

    def put(self, arrival: Arrival) -> Arrival:
        """Replace the stored arrival of this number."""
        with self._database.writing() as connection:
            connection.execute(update(arrivals).where(arrivals.c.number == arrival.number).values(_row(arrival)))
        return arrival

    def get(self, number: int) -> Arrival | None:
        """Return the arrival of this number, or None."""
        return next(iter(self._select(arrivals.c.number == number)), None)

    def in_state(self, *states: State) -> list[Arrival]:
        """Return the arrivals in one of `states`, oldest first."""
        return self._select(arrivals.c.state.in_(states))

    def newest(self, limit: int) -> list[Arrival]:
        """Return the newest arrivals, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(arrivals).order_by(arrivals.c.number.desc()).limit(limit)).mappings()
            return [_arrival(row) for row in rows]

    def finished_versions(self) -> set[tuple[str, str, str]]:
        """Return the kind, name and version of the files that have a version and are finished."""
        finished = (arrivals.c.version != "") & arrivals.c.state.not_in(OPEN)
        with self._database.reading() as connection:
            rows = connection.execute(select(arrivals.c.kind, arrivals.c.name, arrivals.c.version).where(finished))
            return {(row.kind, row.name, row.version) for row in rows}

    def count_unstored(self) -> int:
        """Return the number of files that failed or were refused."""
        with self._database.reading() as connection:
            number = select(func.count()).where(arrivals.c.state.in_(("failed", "refused")))
            return connection.execute(number).scalar_one()

    def stored_before(self, kind: FileKind, sha256: str) -> Arrival | None:
        """Return an arrival of this kind with the same content that was stored, or None."""
        same = (arrivals.c.kind == kind) & (arrivals.c.sha256 == sha256) & (arrivals.c.state == "done")
        return next(iter(self._select(same)), None)

    def usual(self, kind: FileKind) -> Usual:
        """Return what the stored files of this kind had in the last two weeks."""
        since = to_micros(datetime.now(UTC) - USUAL_DAYS)
        earlier = self._select((arrivals.c.kind == kind) & (arrivals.c.state == "done") & (arrivals.c.at >= since))
        if len(earlier) < MIN_FILES:
            return Usual()
        rows = statistics.median(one.rows for one in earlier)
        return Usual(rows, frozenset.intersection(*(frozenset(one.columns) for one in earlier)))

    def count_files(self) -> dict[tuple[str, ...], float]:
        """Return the number of files by kind and state."""
        by = (arrivals.c.kind, arrivals.c.state)
        with self._database.reading() as connection:
            rows = connection.execute(select(*by, func.count()).group_by(*by)).all()
        return {(kind, state): number for kind, state, number in rows}

    def count_rows(self) -> dict[tuple[str, ...], float]:
        """Return the number of rows by kind and outcome, which is one of `OUTCOMES`."""
        sums = [func.sum(func.json_extract(arrivals.c.facts, f"$.{outcome}")) for outcome in OUTCOMES]
        with self._database.reading() as connection:
            rows = connection.execute(select(arrivals.c.kind, *sums).group_by(arrivals.c.kind)).all()
        return {(kind, outcome): n or 0 for kind, *counts in rows for outcome, n in zip(OUTCOMES, counts, strict=True)}

    def redact(self, is_forgotten: Callable[[str], bool]) -> None:
        """Replace the names of files that name something forgotten, and overwrite them in the file of the ledger."""
        named = [one for one in self._select(true()) if is_forgotten(one.name) or is_forgotten(one.kept)]
        with self._database.erasing() as connection:
            for one in named:
                row = _row(replace(one, name=FORGOTTEN, kept="", quarantine=""))
                connection.execute(update(arrivals).where(arrivals.c.number == one.number).values(row))
        self._database.wipe()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _select(self, condition: Any) -> list[Arrival]:
        with self._database.reading() as connection:
            rows = connection.execute(select(arrivals).where(condition).order_by(arrivals.c.number)).mappings()
            return [_arrival(row) for row in rows]


def _row(arrival: Arrival) -> dict[str, Any]:
    values = asdict(arrival)
    own = {name: values[name] for name in OWN if name != "at"}
    return {**own, "at": to_micros(arrival.at), "facts": json.dumps({name: values[name] for name in FACTS})}


def _arrival(row: RowMapping) -> Arrival:
    facts = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(row["facts"]).items()
    }
    at = from_micros(row["at"]) or datetime.now(UTC)
    return Arrival(**{**{name: row[name] for name in OWN}, "at": at, **facts})
