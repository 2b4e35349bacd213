"""What `eval tune --rerank yesno` would choose on one half of the judged lists, and what that is worth on the other.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.held_out

Needs no model: the opinions are those of `benchmarks/judged/`. Twenty halves of each set, drawn at random.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from pathlib import Path

import numpy as np

from benchmarks.rerank import DEPTH, JUDGED, read, show
from benchmarks.rerank_cases import Case, Vectors, load
from shortlist.agent.rerank.policy import RequestKind
from shortlist.core.config import ProfileConfig
from shortlist.eval.tuning.blending import Blend, Judged, blends

MODEL, METHOD, METRIC = "qwen2.5-coder-1.5b", "yesno", "nDCG@10"
SETS: dict[str, dict[str, int | None]] = {
    "wishes: dl19 and noveleval": {"dl19": None, "noveleval": None},
    "readers: mind100": {"mind100": None},
    "readers: mind1000": {"mind1000": 100},
}
SPLITS = 20


def kind_of(case: Case) -> RequestKind:
    if case.wish:
        return "wish"
    return "thin" if len(case.profile.liked) < ProfileConfig().thin_history else "plain"


def judged_lists(bench: str, queries: int | None, data: Path, work: Path) -> list[Judged]:
    found = load(bench, data, Vectors(work), queries)
    opinions = read(JUDGED / f"{bench}.{MODEL}.{METHOD}.jsonl")
    return [
        Judged(
            kind_of(case), case.ranking, opinions[query].ranking, DEPTH, found.data.qrels[query],
            None if case.wish else len(case.ranking),
        )
        for query, case in found.cases.items()
        if query in opinions
    ]  # fmt: skip


def chosen_on_halves(lists: list[Judged]) -> dict[RequestKind, list[Blend]]:
    found = defaultdict(list)
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(lists)).tolist()
        half = (len(lists) + 1) // 2
        choosing, judging = ([lists[at] for at in rows] for rows in (order[:half], order[half:]))
        for kind, blend in blends(choosing, judging, METRIC, seed).items():
            found[kind].append(blend)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("reports/rerank"), help="folder of vectors")
    work, data = parser.parse_args().work, Path(os.environ["SHORTLIST_BENCH_DATA"])
    for title, benches in SETS.items():
        lists = [one for bench, queries in benches.items() for one in judged_lists(bench, queries, data, work)]
        rows = []
        for kind, every in chosen_on_halves(lists).items():
            enough = [blend for blend in every if blend.weight is not None and blend.against]
            opened = [blend for blend in enough if blend.weight]
            gained = [blend.against.difference.mean for blend in opened if blend.against]
            rows.append(
                {"kind": kind, "lists": sum(one.kind == kind for one in lists), "halves": len(enough),
                 "opened": len(opened), "weight": np.median([blend.weight for blend in opened]) if opened else None,
                 "gain on the other half": np.mean(gained) if gained else None}
            )  # fmt: skip
        show(title, rows)


if __name__ == "__main__":
    main()
