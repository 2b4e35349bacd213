"""Quality and cost of a student on lists that judge it, with no rerank and the language model for comparison.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.rerank.student [--student FOLDER] [--work reports/rerank]

The best 20 of each list are judged and blended with the default weight. "cosine" and "token similarity" are the
features of a student alone, without training. The language model's scores are part of the repository.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.rerank.lists import ListSet, Vectors, load
from benchmarks.rerank.quality import DEPTH, JUDGED, quality, read, show
from shortlist.agent.prompt_safety.sanitize import candidate_text, clean
from shortlist.agent.rerank.blend import blend
from shortlist.agent.rerank.prompt import WISH_TOKENS
from shortlist.agent.students.features import FEATURES, features
from shortlist.agent.students.student import load_student
from shortlist.core.config import EncoderConfig, ModelsConfig, RerankConfig
from shortlist.core.ranking import Ranking
from shortlist.eval.stats.significance import compare
from shortlist.learning.student.distil import write_token_network
from shortlist.models.students.token_network import TokenNetwork

BENCHES = ("dl19", "noveleval")
TEACHER = "qwen2.5-coder-1.5b"
CONFIG = RerankConfig(depth=DEPTH, top=DEPTH)
UNTRAINED = ("cosine", "token similarity")
DEPTHS = (20, 100)  # candidates whose cost is measured

Floats = npt.NDArray[np.float64]
Judgements = Mapping[str, Mapping[str, float]]  # scores of the judged candidates, by query


def token_network(work: Path) -> TokenNetwork:
    """Return the shipped encoder without its pooling layer, which is kept in `work`."""
    folder = work / "tokens"
    if not folder.exists():
        folder.mkdir(parents=True)
        write_token_network(folder, EncoderConfig(), ModelsConfig())
    return TokenNetwork(folder, threads=1)


def table(name: str, bench: ListSet, judged: Mapping[str, Judgements]) -> list[Any]:
    """Compare each judge, and the teacher, with no rerank."""
    base = quality(bench, {query: one.ranking for query, one in bench.lists.items()})["nDCG@10"]
    known = read(JUDGED / f"{name}.{TEACHER}.yesno.jsonl")
    teacher = {query: dict(zip(one.ids, one.scores, strict=True)) for query, one in known.items()}
    rows: list[dict[str, Any]] = [{"judge": "none", "nDCG@10": float(base.mean())}]
    for judge, scores in {**judged, TEACHER: teacher}.items():
        rankings = {query: _blended(one.ranking, scores[query]) for query, one in bench.lists.items()}
        found = quality(bench, rankings)["nDCG@10"]
        test = compare(found, base, seed=0)
        rows.append({"judge": judge, "nDCG@10": float(found.mean()), "difference": test.difference.mean,
                     "low": test.difference.low, "high": test.difference.high, "p": test.p})  # fmt: skip
    return rows


def _blended(ranking: Ranking, scores: Mapping[str, float]) -> Ranking:
    return blend(ranking, Ranking.of(scores, "judged"), CONFIG.weight_wish, CONFIG)


def _head(bench: ListSet, query: str, depth: int = DEPTH) -> list[str]:
    return [item for item in bench.lists[query].ranking.ids[:depth] if item in bench.items.videos]


def _texts(bench: ListSet, query: str, depth: int = DEPTH) -> list[str]:
    return [candidate_text(bench.items.videos[item], CONFIG.candidate_tokens) for item in _head(bench, query, depth)]


def _feature(name: str, values: Floats) -> Floats:
    return values[:, FEATURES.index(name)]


def core_seconds(bench: ListSet, network: TokenNetwork, depth: int, lists: int = 5) -> float:
    """Return the core-seconds of a student for a list of `depth` candidates."""
    queries = list(bench.lists)[:lists]
    start = time.process_time()
    for query in queries:
        features(clean(bench.lists[query].wish or "", WISH_TOKENS), _texts(bench, query, depth), network)
    return (time.process_time() - start) / len(queries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", type=Path, help="folder of a student")
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors and the network")
    args = parser.parse_args()
    network = token_network(args.work)
    scorers: dict[str, Callable[[Floats], Floats]] = {name: partial(_feature, name) for name in UNTRAINED}
    if args.student:
        weights = np.array(load_student(args.student, threads=1).weights)
        scorers[args.student.name] = lambda values: values @ weights
    for name in BENCHES:
        bench = load(name, Path(os.environ["SHORTLIST_BENCH_DATA"]), Vectors(args.work))
        values = {
            query: features(clean(one.wish or "", WISH_TOKENS), _texts(bench, query), network)
            for query, one in bench.lists.items()
        }
        judged = {
            judge: {query: dict(zip(_head(bench, query), score(found).tolist(), strict=True))
                    for query, found in values.items()}
            for judge, score in scorers.items()
        }  # fmt: skip
        show(f"{name}: {len(bench.lists)} lists", table(name, bench, judged))
        costs = [{"candidates": depth, "core-seconds": core_seconds(bench, network, depth)} for depth in DEPTHS]
        show(f"{name}: cost of a list", costs)


if __name__ == "__main__":
    main()
