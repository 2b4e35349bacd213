"""The history of runs: why each began, what its steps took and gave, how long, and at what cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Float,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    insert,
    select,
    update,
)

from shortlist.ops.data.ledger import FILE, IF_DAMAGED
from shortlist.store.catalogue.rows import from_micros, to_micros
from shortlist.store.sql.sqlite import SqliteDatabase

RunState = Literal["running", "done", "incomplete", "failed", "interrupted"]
StepState = Literal["done", "cached", "skipped", "failed"]

tables = MetaData()
runs = Table(
    "runs",
    tables,
    Column("number", Integer, primary_key=True),
    Column("began", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    sqlite_autoincrement=True,
)
executions = Table(
    "executions",
    tables,
    Column("run", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("step", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("inputs", Text),
    Column("outputs", Text),
    Column("seconds", Float, nullable=False),
    Column("cpu_seconds", Float, nullable=False),
    Column("peak_mb", Float, nullable=False),
    Column("events", Integer, nullable=False),
    Column("message", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Execution:
    """One step of a run.

    `inputs` and `outputs` are hashes of what it took and gave; None if there was nothing to take. `events` is the
    number of the newest event when it began. `message` says why it was skipped or failed.
    """

    step: str
    state: StepState
    inputs: str | None = None
    outputs: str | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    events: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run and the steps that it has ended."""

    number: int
    reason: str
    state: RunState
    began: datetime
    ended: datetime | None = None
    steps: tuple[Execution, ...] = ()


class History:
    """The runs of the home at `home`."""

    def __init__(self, home: Path) -> None:
        self._database = SqliteDatabase(home / FILE, IF_DAMAGED)
        self._database.prepare(tables)

    def begin(self, reason: str) -> Run:
        """Begin a run. Runs that never ended were killed, and are marked as interrupted. Call it under the lock."""
        began = datetime.now(UTC)
        row = {"began": to_micros(began), "reason": reason, "state": "running"}
        with self._database.writing() as connection:
            connection.execute(update(runs).where(runs.c.state == "running").values(state="interrupted"))
            key = connection.execute(insert(runs).values(row)).inserted_primary_key
        return Run(int(key[0]) if key else 0, reason, "running", began)

    def add(self, run: Run, execution: Execution) -> Run:
        """Store a step that has ended."""
        with self._database.writing() as connection:
            row = {"run": run.number, "position": len(run.steps), **asdict(execution)}
            connection.execute(insert(executions).values(row))
        return replace(run, steps=(*run.steps, execution))

    def end(self, run: Run, state: RunState) -> Run:
        """Store the end of a run."""
        ended = datetime.now(UTC)
        with self._database.writing() as connection:
            row = {"ended": to_micros(ended), "state": state}
            connection.execute(update(runs).where(runs.c.number == run.number).values(row))
        return replace(run, state=state, ended=ended)

    def newest(self, limit: int) -> list[Run]:
        """Return the newest runs, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(runs).order_by(runs.c.number.desc()).limit(limit)).all()
            numbers = [row.number for row in rows]
            own = select(executions).where(executions.c.run.in_(numbers)).order_by(executions.c.position)
            steps = connection.execute(own).all()
        return [_run(row, [step for step in steps if step.run == row.number]) for row in rows]

    def last_done(self, step: str) -> Execution | None:
        """Return the newest execution of `step` that did its work, or None."""
        return self._newest((executions.c.step == step) & (executions.c.state == "done"))

    def last_tried(self, step: str) -> Execution | None:
        """Return the newest execution of `step` whose command ran and did not fail, or None."""
        tried = (executions.c.step == step) & (executions.c.seconds > 0) & (executions.c.state != "failed")
        return self._newest(tried)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _newest(self, condition: ColumnElement[bool]) -> Execution | None:
        newest = select(executions).where(condition).order_by(executions.c.run.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(newest).one_or_none()
        return None if row is None else _execution(row)


def _run(row: Row[tuple[object, ...]], steps: Sequence[Row[tuple[object, ...]]]) -> Run:
    began = from_micros(row.began) or datetime.now(UTC)
    return Run(row.number, row.reason, row.state, began, from_micros(row.ended), tuple(map(_execution, steps)))


def _execution(row: Row[tuple[object, ...]]) -> Execution:
    values = dict(row._mapping)
    del values["run"], values["position"]
    return Execution(**values)
