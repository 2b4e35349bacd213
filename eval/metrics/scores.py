"""Score the rankings of a variant: one number per metric and query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shortlist.core.errors import RecordError
from shortlist.core.ranking import Ranking
from shortlist.eval.data.dataset import DataSet, EvalQuery
from shortlist.eval.data.line_reader import count_with_examples
from shortlist.eval.data.trec_files import Qrels
from shortlist.eval.metrics import metrics
from shortlist.eval.metrics.metrics import Scores

BLOCK = 4096  # queries scored together
AUC = "AUC"
EMPTY = Ranking((), np.empty(0), "unranked")

Grades = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Graded:
    """Grades of a block of queries, padded with 0: `ranked` int64[q, n] and `judged` int64[q, m] (see `metrics`)."""

    ranked: Grades
    judged: Grades


METRICS: dict[str, Callable[[Graded], Scores]] = {
    "nDCG@10": lambda block: metrics.ndcg(block.ranked, block.judged, 10),
    "Recall@100": lambda block: metrics.recall(block.ranked, block.judged, 100),
    "MRR": lambda block: metrics.reciprocal_rank(block.ranked),
    "MAP": lambda block: metrics.average_precision(block.ranked, block.judged),
    "HR@10": lambda block: metrics.hit_rate(block.ranked, 10),
    "HR@100": lambda block: metrics.hit_rate(block.ranked, 100),
    "P@10": lambda block: metrics.precision(block.ranked, 10),
}


def score(data: DataSet, rankings: Mapping[str, Ranking], block_size: int = BLOCK) -> dict[str, Scores]:
    """Return float64[queries] for each of `METRICS`, aligned with `data.queries`.

    `AUC` is included if all queries have candidates.
    A query without a ranking scores 0, and 0.5 in AUC. AUC is NaN if all candidates of a query are relevant or none is;
    candidates that are not ranked tie below all others. Raises `RecordError`, with examples, if `rankings` has queries
    or items that `data` does not have.
    """
    check_rankings(data, rankings)
    answers = [rankings.get(query.id, EMPTY) for query in data.queries]
    blocks = [
        _graded(data.qrels, data.queries[start : start + block_size], answers[start : start + block_size])
        for start in range(0, len(answers), block_size)
    ]
    scores = {name: np.concatenate([metric(block) for block in blocks]) for name, metric in METRICS.items()}
    if all(query.candidates is not None for query in data.queries):
        scores[AUC] = np.array([_auc(data.qrels[q.id], q, a) for q, a in zip(data.queries, answers, strict=True)])
    return scores


def check_rankings(data: DataSet, rankings: Mapping[str, Ranking]) -> None:
    """Raise `RecordError` if `rankings` has a query that `data` lacks, or an item that is no candidate of its query."""
    _require_none(data, rankings.keys() - {query.id for query in data.queries}, "queries")
    catalogue = {item.id for item in data.items}
    unknown: set[str] = set()
    for query in data.queries:
        candidates = catalogue if query.candidates is None else set(query.candidates)
        unknown.update(item for item in rankings.get(query.id, EMPTY).ids if item not in candidates)
    _require_none(data, unknown, "items")


def _require_none(data: DataSet, ids: Iterable[str], what: str) -> None:
    unknown = set(ids)
    if unknown:
        raise RecordError(
            f"rankings do not match {data.name}",
            expected=f"only {what} of the data set",
            found=f"{count_with_examples(unknown)} others",
            remedy="check that both come from the same data",
        )


def _graded(qrels: Qrels, queries: Sequence[EvalQuery], answers: Sequence[Ranking]) -> Graded:
    ranked = [
        [qrels[query.id].get(item, 0) for item in answer.ids] for query, answer in zip(queries, answers, strict=True)
    ]
    return Graded(_padded(ranked), _padded([list(qrels[query.id].values()) for query in queries]))


def _padded(rows: Sequence[Sequence[int]]) -> Grades:
    padded = np.zeros((len(rows), max(1, *map(len, rows))), dtype=np.int64)
    for target, row in zip(padded, rows, strict=True):
        target[: len(row)] = row
    return padded


def _auc(grades: Mapping[str, int], query: EvalQuery, answer: Ranking) -> float:
    candidates = query.candidates or ()
    scored = dict(zip(answer.ids, answer.scores.tolist(), strict=True))
    return metrics.auc([grades.get(item, 0) for item in candidates], [scored.get(item, -np.inf) for item in candidates])
