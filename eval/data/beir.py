"""SPEC `beir:DIR`: corpus.jsonl, queries.jsonl, qrels/test.tsv. The whole corpus is ranked for each judged query."""

from __future__ import annotations

from pathlib import Path

from shortlist.eval.data.corpus import read_corpus, read_queries
from shortlist.eval.data.dataset import DataSet, EvalQuery, hash_files, judged_texts, named
from shortlist.eval.data.line_reader import fields, numbered_lines, whole_number
from shortlist.eval.data.trec_files import add_grade

KIND = "beir"
HEADER = "query-id\tcorpus-id\tscore"


def read_beir(folder: Path) -> DataSet:
    """The test split of `folder`; raises `RecordError` or `UsageError` with the file, and line, at fault."""
    corpus, queries, judgements = folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels" / "test.tsv"
    qrels = _read_qrels(judgements)
    texts, notes = judged_texts(read_queries(queries), qrels)
    return DataSet(
        name=named(KIND, folder),
        kind=KIND,
        items=tuple(read_corpus(corpus)),
        queries=tuple(EvalQuery(query, text) for query, text in texts),
        qrels=qrels,
        data_hash=hash_files(KIND, (corpus, queries, judgements)),
        not_itself=True,  # as in BEIR's own evaluation (`ignore_identical_ids`)
        notes=notes,
    )


def _read_qrels(path: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for where, text in numbered_lines(path):
        if text.strip() == HEADER:
            continue
        query, item, grade = fields(text, where, 3, "query-id corpus-id score", "\t")
        add_grade(qrels, query, item, whole_number(grade, where, "score"), where)
    return qrels
