"""Read and write TREC run and qrels files, in the format of trec_eval, ir-measures and ranx.

trec_eval ignores the rank column, rounds scores to single precision and sorts ties by *descending* id. Runs are
therefore written with strictly decreasing single-precision scores: the score of the ranking or, at a tie, the next
smaller number. Every tool then sees the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from shortlist.core.errors import RecordError
from shortlist.core.ranking import Ranking
from shortlist.eval.data.line_reader import check_id, numbered_lines, parse_integer, refuse, split_fields

Qrels = Mapping[str, Mapping[str, int]]

RUN_LAYOUT = "query Q0 document rank score tag"
QRELS_LAYOUT = "query 0 document grade"


def write_run(path: Path, rankings: Mapping[str, Ranking], tag: str) -> None:
    """Write `rankings` by query id. Raises `RecordError` for ids with white space, and scores outside float32."""
    where = f"of run {tag}"
    check_id(tag, where, "tag")
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for query, ranking in rankings.items():
            check_id(query, where, "query id")
            for rank, (item, score) in enumerate(_decreasing_scores(ranking, query), start=1):
                file.write(f"{query} Q0 {check_id(item, where, 'document id')} {rank} {score} {tag}\n")


def read_run(path: Path) -> dict[str, Ranking]:
    """Read rankings by query id, in the order of the file; the rank column is ignored.

    Raises `RecordError` with file and line for a line without six fields, a score that is not a finite number, or a
    document that is ranked twice for one query.
    """
    scored: dict[str, dict[str, float]] = {}
    for where, text in numbered_lines(path):
        query, _, item, _, score, _ = split_fields(text, where, 6, RUN_LAYOUT)
        documents = scored.setdefault(query, {})
        if item in documents:
            refuse(where, "each document once a query", f"{item!r} again for query {query!r}", "remove the duplicate")
        documents[item] = _finite(score, where)
    return {query: Ranking.of(documents, path.stem) for query, documents in scored.items()}


def write_qrels(path: Path, qrels: Qrels) -> None:
    """Write grades by query and document id. Raises `RecordError` for ids with white space."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for query, grades in qrels.items():
            check_id(query, "of qrels", "query id")
            for item, grade in grades.items():
                file.write(f"{query} 0 {check_id(item, 'of qrels', 'document id')} {grade}\n")


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read grades by query and document id. Raises `RecordError` with file and line (see `add_grade`)."""
    qrels: dict[str, dict[str, int]] = {}
    for where, text in numbered_lines(path):
        query, _, item, grade = split_fields(text, where, 4, QRELS_LAYOUT)
        add_grade(qrels, query, item, parse_integer(grade, where, "grade"), where)
    return qrels


def add_grade(qrels: dict[str, dict[str, int]], query: str, item: str, grade: int, where: str) -> None:
    """Add one judgement to `qrels`. Raises `RecordError` if the document already has another grade."""
    first = qrels.setdefault(query, {}).setdefault(item, grade)
    if first != grade:
        refuse(where, f"one grade for document {item!r} of query {query!r}", f"{first} and {grade}")


def _finite(score: str, where: str) -> float:
    try:
        value = float(score)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        refuse(where, "a finite number as score", repr(score))
    return value


def _decreasing_scores(ranking: Ranking, query: str) -> Iterator[tuple[str, np.float32]]:
    below = np.float32(np.inf)
    with np.errstate(over="ignore"):
        singles = ranking.scores.astype(np.float32)
    for item, single in zip(ranking.ids, singles, strict=True):
        below = min(single, np.nextafter(below, np.float32(-np.inf)))
        if not np.isfinite(single) or not np.isfinite(below):
            raise RecordError(
                f"cannot write the run of query {query!r}",
                expected="scores within single precision",
                found=f"{single} for {item!r}",
                remedy="scale the scores",
            )
        yield item, below
