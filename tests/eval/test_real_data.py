"""The real data sets load, hold what their README counts, and give the published numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shortlist.eval.data.specs import load
from shortlist.eval.data.statistics import describe
from shortlist.eval.data.trec_files import read_run
from shortlist.eval.metrics.scores import score

pytestmark = pytest.mark.realdata


@pytest.mark.parametrize(
    ("kind", "folder", "items", "queries", "judgements", "timed"),
    [
        ("beir", "scifact", 5183, 300, 339, False),
        ("trec", "trec_dl19", 7055, 43, 9260, False),
        ("trec", "noveleval", 420, 21, 420, False),
        ("mind", "mind_recprompt100", 1188, 100, 1000, False),
        ("mind", "mind_llm4rec1000", 8268, 1000, 29448, False),
        ("mind", "mind_nov9to12", 51282, 3058, 109529, True),
        ("watches", "microlens", 19220, 50000, 50000, False),
    ],
)
def test_counts(
    bench_data: Path, kind: str, folder: str, items: int, queries: int, judgements: int, timed: bool
) -> None:
    description = describe(load(f"{kind}:{bench_data / 'eval' / folder}"))
    assert description.name == f"{kind}-{folder}"
    assert (description.items, description.queries) == (items, queries)
    assert (description.judgements, description.timed) == (judgements, timed)


@pytest.mark.parametrize(
    ("run", "ndcg"),
    [
        ("run", 0.5058),
        ("run_splade", 0.7308),
        ("published_run.gpt35_rankgpt_bm25_dl19", 0.6799),
        ("published_run.rankvicuna_w20_bm25_dl19", 0.6168),
    ],
)
def test_published_ndcg_of_dl19(bench_data: Path, run: str, ndcg: float) -> None:
    folder = bench_data / "eval" / "trec_dl19"
    data, rankings = load(f"trec:{folder}"), read_run(folder / f"{run}.txt")
    queries = tuple(replace(query, candidates=rankings[query.id].ids) for query in data.queries)
    scores = score(replace(data, queries=queries), rankings)
    assert scores["nDCG@10"].mean() == pytest.approx(ndcg, abs=5e-5)
