"""Tables of scores by query, the input of significance tests, as CSV files: one for each variant and data set."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shortlist.core.errors import RecordError, UsageError
from shortlist.eval.data.line_reader import count_with_examples
from shortlist.eval.metrics.metrics import Scores
from shortlist.eval.metrics.scored_run import ScoredRun

QUERY_COLUMNS = ("query", "history", "category")


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """Scores of one variant, a row for each query.

    `history` is the length of the reader's history, `category` that of the most relevant item ("" if unknown).
    `scores` holds float64[queries] by metric, NaN where undefined.
    """

    queries: tuple[str, ...]
    history: tuple[int, ...]
    category: tuple[str, ...]
    scores: dict[str, Scores]

    def rows(self, queries: Sequence[str]) -> list[int]:
        """Return the row numbers of `queries`. Raises `RecordError`, with examples, if some are missing."""
        row = {query: number for number, query in enumerate(self.queries)}
        missing = [query for query in queries if query not in row]
        if missing:
            raise RecordError(
                "scores of different queries",
                expected="every query of the variant among those of its baseline",
                found=f"{count_with_examples(missing)} others",
                remedy="run both variants on the same data",
            )
        return [row[query] for query in queries]

    def select(self, queries: Sequence[str]) -> ScoreTable:
        """Return a table with the rows of `queries`. Raises `RecordError` if some are missing."""
        rows = self.rows(queries)
        return ScoreTable(
            tuple(queries),
            tuple(self.history[row] for row in rows),
            tuple(self.category[row] for row in rows),
            {metric: values[rows] for metric, values in self.scores.items()},
        )


def to_score_table(scored_run: ScoredRun) -> ScoreTable:
    """Return the scores of `scored_run` by query."""
    data = scored_run.task.data
    category = {item.id: item.category or "" for item in data.items}
    best = [max(data.qrels[query.id].items(), key=lambda grade: grade[1])[0] for query in data.queries]
    return ScoreTable(
        tuple(query.id for query in data.queries),
        tuple(len(query.history) for query in data.queries),
        tuple(category.get(item, "") for item in best),
        dict(scored_run.scores),
    )


def write_table(path: Path, table: ScoreTable) -> None:
    """Write `table` as CSV; an undefined score is an empty field."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*QUERY_COLUMNS, *table.scores])
        columns = [values.tolist() for values in table.scores.values()]
        for query, history, category, *values in zip(
            table.queries, table.history, table.category, *columns, strict=True
        ):
            writer.writerow([query, history, category, *("" if value != value else repr(value) for value in values)])


def read_table(path: Path) -> ScoreTable:
    """Read a table that `write_table` wrote. Raises `UsageError` without the file, `RecordError` for other content."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))
        columns = list(zip(*rows, strict=True))
        scores = [np.array([float(value or "nan") for value in column]) for column in columns[len(QUERY_COLUMNS) :]]
        if tuple(header[: len(QUERY_COLUMNS)]) != QUERY_COLUMNS:
            raise ValueError(", ".join(header))
        by_metric = dict(zip(header[len(QUERY_COLUMNS) :], scores, strict=True))
        return ScoreTable(columns[0], tuple(map(int, columns[1])), columns[2], by_metric)
    except OSError as error:
        raise UsageError(
            f"no scores at {path}", expected="a folder written by `shortlist eval ablation --out`",
            found=error.strerror or str(error), remedy="correct the folder or the variant",
        ) from error  # fmt: skip
    except (ValueError, IndexError) as error:
        expected, remedy = f"columns {', '.join(QUERY_COLUMNS)} and metrics", "run the ablation again"
        raise RecordError(f"bad scores {path}", expected=expected, found=str(error), remedy=remedy) from error
