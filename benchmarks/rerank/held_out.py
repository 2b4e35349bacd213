"""The weights that `eval tune --rerank yesno` chooses on half of the scored lists, and their gain on the other half.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.rerank.held_out

Needs no model: the scores are read from `benchmarks/rerank/judged/`. Each set is halved at random twenty times.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from pathlib import Path

import numpy as np

from benchmarks.rerank.lists import RankedList, Vectors, load
from benchmarks.rerank.quality import DEPTH, JUDGED, read, show
from shortlist.agent.rerank.policy import RequestKind
from shortlist.core.config import ProfileConfig, RerankConfig
from shortlist.eval.tuning.blend_weights import Blend, RerankedQuery, choose_blends

MODEL, METHOD, METRIC = "qwen2.5-coder-1.5b", "yesno", "nDCG@10"
NO_LIMIT = 100.0  # the weights are compared without `rerank.max_lift`
SETS: dict[str, dict[str, int | None]] = {
    "wishes: dl19 and noveleval": {"dl19": None, "noveleval": None},
    "readers: mind100": {"mind100": None},
    "readers: mind1000": {"mind1000": 100},
}
SPLITS = 20


def kind_of(ranked_list: RankedList) -> RequestKind:
    if ranked_list.wish:
        return "wish"
    return "thin" if len(ranked_list.profile.liked) < ProfileConfig().thin_history else "plain"


def scored_lists(name: str, queries: int | None, data: Path, work: Path) -> list[RerankedQuery]:
    """Return the lists of the set `name` that the model has scored."""
    list_set = load(name, data, Vectors(work), queries)
    scores = read(JUDGED / f"{name}.{MODEL}.{METHOD}.jsonl")
    return [
        RerankedQuery(
            kind_of(ranked_list), ranked_list.ranking, scores[query].ranking,
            RerankConfig(depth=DEPTH, max_lift=NO_LIMIT),
            list_set.data.qrels[query], None if ranked_list.wish else len(ranked_list.ranking),
        )
        for query, ranked_list in list_set.lists.items()
        if query in scores
    ]  # fmt: skip


def blends_by_kind(lists: list[RerankedQuery]) -> dict[RequestKind, list[Blend]]:
    """Choose a blend on one random half, and compare it on the other, `SPLITS` times."""
    blends = defaultdict(list)
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(lists)).tolist()
        half = (len(lists) + 1) // 2
        tuning, held_out = ([lists[index] for index in part] for part in (order[:half], order[half:]))
        for kind, blend in choose_blends(tuning, held_out, METRIC, seed).items():
            blends[kind].append(blend)
    return blends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors")
    work, data = parser.parse_args().work, Path(os.environ["SHORTLIST_BENCH_DATA"])
    for title, names in SETS.items():
        lists = [query for name, queries in names.items() for query in scored_lists(name, queries, data, work)]
        rows = []
        for kind, blends in blends_by_kind(lists).items():
            chosen = [blend for blend in blends if blend.weight is not None and blend.against]
            positive = [blend for blend in chosen if blend.weight]
            gains = [blend.against.difference.mean for blend in positive if blend.against]
            weights = [blend.weight for blend in positive]
            rows.append(
                {"kind": kind, "lists": sum(query.kind == kind for query in lists), "halves": len(chosen),
                 "weight > 0": len(positive), "weight": np.median(weights) if weights else None,
                 "gain on the other half": np.mean(gains) if gains else None}
            )  # fmt: skip
        show(title, rows)


if __name__ == "__main__":
    main()
