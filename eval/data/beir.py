"""SPEC `beir:DIR`: corpus.jsonl, queries.jsonl, qrels/test.tsv. The whole corpus is ranked for each query."""

from __future__ import annotations

from pathlib import Path

from shortlist.eval.data.beir_files import read_corpus, read_queries
from shortlist.eval.data.dataset import DataSet, EvalQuery, dataset_name, hash_files, judged_queries
from shortlist.eval.data.line_reader import numbered_lines, parse_integer, split_fields
from shortlist.eval.data.trec_files import add_grade

KIND = "beir"
HEADER = "query-id\tcorpus-id\tscore"


def read_beir(folder: Path) -> DataSet:
    """Read the test split in `folder`. Raises `RecordError` or `UsageError` with the file and line."""
    corpus, queries, judgements = folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels" / "test.tsv"
    qrels = _read_qrels(judgements)
    texts, notes = judged_queries(read_queries(queries), qrels)
    return DataSet(
        name=dataset_name(KIND, folder),
        kind=KIND,
        items=tuple(read_corpus(corpus)),
        queries=tuple(EvalQuery(query, text) for query, text in texts),
        qrels=qrels,
        data_hash=hash_files(KIND, (corpus, queries, judgements)),
        not_itself=True,  # like `ignore_identical_ids` in BEIR's own evaluation
        notes=notes,
    )


def _read_qrels(path: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for where, text in numbered_lines(path):
        if text.strip() == HEADER:
            continue
        query, item, grade = split_fields(text, where, 3, "query-id corpus-id score", "\t")
        add_grade(qrels, query, item, parse_integer(grade, where, "score"), where)
    return qrels
