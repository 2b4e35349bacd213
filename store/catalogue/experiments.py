"""Experiments: two variants whose lists are compared by what readers choose. At most one is in progress."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Row, insert, select, update

from shortlist.core.errors import UsageError
from shortlist.core.validation import check_id
from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.rows import from_micros, to_micros
from shortlist.store.sql.schema import experiments

A, B = "a", "b"  # the names of the variants in exposures and events
Design = Literal["interleave", "split"]


@dataclass(frozen=True, slots=True)
class Experiment:
    """Variants `a` and `b` as JSON documents, compared since `started`. `ended` is None while it is in progress.

    By its `design` each list is interleaved from both variants, or the readers are split and see one of them each.
    """

    name: str
    a: Mapping[str, Any]
    b: Mapping[str, Any]
    started: datetime
    ended: datetime | None = None
    outcome: str = ""
    design: Design = "interleave"

    def __post_init__(self) -> None:
        check_id(self.name, "name of an experiment")

    def variant(self, name: str) -> Mapping[str, Any]:
        """Return the variant "a" or "b"."""
        return self.a if name == A else self.b

    def side_of(self, user_id: str) -> str:
        """Return the variant, "a" or "b", that the reader sees if readers are split: always the same one.

        Half of the readers see either, and each experiment draws anew.
        """
        salted = f"{self.name}\0{to_micros(self.started)}\0{user_id}"
        return B if hashlib.sha256(salted.encode()).digest()[0] & 1 else A


class Experiments(CatalogueTable):
    """The experiments. They are not content: no revision, no writer lock."""

    def start(self, name: str, a: Mapping[str, Any], b: Mapping[str, Any], design: Design = "interleave") -> Experiment:
        """Store and return a new experiment. Raises `UsageError` if one is in progress or the name is taken."""
        experiment = Experiment(name, a, b, datetime.now(UTC), design=design)
        with self._database.writing() as connection:
            stored = [_experiment(row) for row in connection.execute(select(experiments))]
            running = next((one.name for one in stored if one.ended is None), None)
            if running is not None:
                raise UsageError(
                    "an experiment is in progress", expected="one at a time", found=running,
                    remedy="end it with `shortlist ops experiment stop`",
                )  # fmt: skip
            if any(one.name == name for one in stored):
                raise UsageError(
                    "the name is taken", expected="a new name", found=repr(name),
                    remedy="see `shortlist ops experiment list`",
                )  # fmt: skip
            row = {"name": name, "a": json.dumps(a), "b": json.dumps(b), "started": to_micros(experiment.started)}
            connection.execute(insert(experiments).values(**row, outcome="", design=design))
        return experiment

    def current(self) -> Experiment | None:
        """Return the experiment in progress, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(experiments).where(experiments.c.ended.is_(None))).one_or_none()
        return _experiment(row) if row else None

    def end(self, name: str, outcome: str) -> None:
        """Store that an experiment has ended, and its outcome. One that has ended already keeps its time."""
        ended = to_micros(datetime.now(UTC))
        with self._database.writing() as connection:
            chosen = experiments.c.name == name
            connection.execute(update(experiments).where(chosen).values(outcome=outcome))
            connection.execute(update(experiments).where(chosen, experiments.c.ended.is_(None)).values(ended=ended))

    def all(self) -> list[Experiment]:
        """Return all experiments, the newest first."""
        newest_first = select(experiments).order_by(experiments.c.started.desc(), experiments.c.name)
        with self._database.reading() as connection:
            return [_experiment(row) for row in connection.execute(newest_first)]

    def find(self, name: str | None) -> Experiment:
        """Return the experiment with this name, or the newest one. Raises `UsageError` if there is none."""
        found = next((one for one in self.all() if name in (None, one.name)), None)
        if found is None:
            raise UsageError(
                "no such experiment", expected="the name of an experiment", found=repr(name) if name else "none yet",
                remedy="see `shortlist ops experiment list`, or begin one with `shortlist ops experiment start`",
            )  # fmt: skip
        return found


def _experiment(row: Row[Any]) -> Experiment:
    started = from_micros(row.started)
    assert started is not None  # noqa: S101
    a, b = json.loads(row.a), json.loads(row.b)
    return Experiment(row.name, a, b, started, from_micros(row.ended), row.outcome, row.design)
