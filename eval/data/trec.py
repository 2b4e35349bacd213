"""SPEC `trec:DIR`: corpus.jsonl, queries.tsv, qrels.txt, run.txt. Only the run's candidates are ranked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shortlist.eval.data.beir_files import read_corpus
from shortlist.eval.data.dataset import DataSet, EvalQuery, dataset_name, hash_files, judged_queries
from shortlist.eval.data.line_reader import check_id, numbered_lines, split_fields
from shortlist.eval.data.trec_files import read_qrels, read_run

KIND = "trec"


def read_trec(folder: Path) -> DataSet:
    """Read the data set in `folder`, with candidates in the order of the run. Raises `RecordError` or `UsageError`.

    Judged documents that are not in the run still count in the ideal ranking and in recall; they need no text.
    """
    corpus, queries = folder / "corpus.jsonl", folder / "queries.tsv"
    judgements, run = folder / "qrels.txt", folder / "run.txt"
    qrels = read_qrels(judgements)
    texts, notes = judged_queries(_read_texts(queries), qrels)
    candidates = {query: ranking.ids for query, ranking in read_run(run).items()}
    return DataSet(
        name=dataset_name(KIND, folder),
        kind=KIND,
        items=tuple(read_corpus(corpus)),
        queries=tuple(EvalQuery(query, text, candidates=candidates.get(query, ())) for query, text in texts),
        qrels=qrels,
        data_hash=hash_files(KIND, (corpus, queries, judgements, run)),
        notes=notes,
    )


def _read_texts(path: Path) -> Iterator[tuple[str, str]]:
    for where, line in numbered_lines(path):
        query, text = split_fields(line, where, 2, "id text", "\t")
        yield check_id(query, where, "query id"), text
