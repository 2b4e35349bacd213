"""Per-query scores as a table: what significance tests work on, and one CSV file a variant and data set."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shortlist.core.errors import RecordError, UsageError
from shortlist.eval.data.line_reader import three_of
from shortlist.eval.metrics.metrics import Scores
from shortlist.eval.metrics.outcome import Outcome

FACTS = ("query", "history", "category")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Row i is a query: its id, the length of its reader's history, the category of what is relevant, "" if unknown.

    `scores`: float64[queries] by metric, NaN where undefined.
    """

    queries: tuple[str, ...]
    history: tuple[int, ...]
    category: tuple[str, ...]
    scores: dict[str, Scores]

    def rows(self, queries: Sequence[str]) -> list[int]:
        """The rows of `queries`. Raises `RecordError` with how many are missing, and three of them."""
        row = {query: at for at, query in enumerate(self.queries)}
        missing = [query for query in queries if query not in row]
        if missing:
            raise RecordError(
                "scores of different queries",
                expected="every query of the variant among those of its baseline",
                found=f"{three_of(missing)} others",
                remedy="run both variants on the same data",
            )
        return [row[query] for query in queries]

    def only(self, queries: Sequence[str]) -> Table:
        """The rows of `queries`. Raises `RecordError` as `rows`."""
        chosen = self.rows(queries)
        return Table(
            tuple(queries),
            tuple(self.history[row] for row in chosen),
            tuple(self.category[row] for row in chosen),
            {metric: values[chosen] for metric, values in self.scores.items()},
        )


def table_of(outcome: Outcome) -> Table:
    """The scores of `outcome`, query by query."""
    data = outcome.task.data
    category = {item.id: item.category or "" for item in data.items}
    best = [max(data.qrels[query.id].items(), key=lambda judged: judged[1])[0] for query in data.queries]
    return Table(
        tuple(query.id for query in data.queries),
        tuple(len(query.history) for query in data.queries),
        tuple(category.get(item, "") for item in best),
        dict(outcome.scores),
    )


def write_table(path: Path, table: Table) -> None:
    """Write `table`; an undefined score is an empty field."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*FACTS, *table.scores])
        columns = [values.tolist() for values in table.scores.values()]
        for query, history, category, *values in zip(
            table.queries, table.history, table.category, *columns, strict=True
        ):
            writer.writerow([query, history, category, *("" if value != value else repr(value) for value in values)])


def read_table(path: Path) -> Table:
    """The table of a file. Raises `UsageError` where there is none, `RecordError` where it is no such table."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = list(csv.reader(file))
        columns = list(zip(*rows, strict=True))
        scores = [np.array([float(value or "nan") for value in column]) for column in columns[len(FACTS) :]]
        if tuple(head[: len(FACTS)]) != FACTS:
            raise ValueError(", ".join(head))
        named = dict(zip(head[len(FACTS) :], scores, strict=True))
        return Table(columns[0], tuple(map(int, columns[1])), columns[2], named)
    except OSError as error:
        raise UsageError(
            f"no scores at {path}", expected="a folder written by `shortlist eval ablation --out`",
            found=error.strerror or str(error), remedy="correct the folder or the variant",
        ) from error  # fmt: skip
    except (ValueError, IndexError) as error:
        expected = f"columns {', '.join(FACTS)} and metrics"
        raise RecordError(f"bad scores {path}", expected=expected, found=str(error), remedy="run it again") from error
