"""What keeping only the strongest links costs: hit rates of the co-watch leg's scores on MicroLens.

    SHORTLIST_BENCH_DATA=DIR python -m benchmarks.scale.cowatch_top [--users 5000]

The last watch of each sampled user is hidden, and all others of all users are counted. The scores are those of the leg
`cowatch` with its default settings; what the user has seen is left out.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_array, diags_array

from shortlist.core.config import RetrievalConfig
from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.retrieval.legs.link_evidence import damping

CONFIG = RetrievalConfig()
HITS = (10, 100)


def sequences(data: Path) -> list[list[str]]:
    """Return the videos of each user in the order in which they were watched."""
    lines = (data / "eval/microlens/watches.tsv").read_text("utf-8").splitlines()
    return [line.split("\t")[1].split() for line in lines]


def ranks(links: Links, histories: list[list[str]], hidden: list[str]) -> list[int]:
    """Return the rank of each `hidden` video among those that are not in the history; very large without a score."""
    damped = diags_array(damping(links.watched, CONFIG))
    forward = links.forward.astype(np.float64)
    matrix = csr_array(damped @ (forward + CONFIG.cowatch_backward * forward.T) @ damped)
    found = []
    for history, target in zip(histories, hidden, strict=True):
        known = [links.numbers[item] for item in reversed(history) if item in links.numbers]
        weights = CONFIG.cowatch_recency ** np.arange(len(known))
        scores = csr_array((weights, ([0] * len(known), known)), shape=(1, len(links.ids))) @ matrix
        dense = scores.toarray().ravel()
        dense[known] = 0
        at = links.numbers.get(target)
        found.append(10**9 if at is None or dense[at] <= 0 else int((dense > dense[at]).sum()) + 1)
    return found


def main() -> None:
    """Count, rank, and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--users", type=int, default=5_000)
    chosen = options.parse_args()
    watched = sequences(Path(os.environ["SHORTLIST_BENCH_DATA"]))
    sampled = np.random.default_rng(0).choice(len(watched), chosen.users, replace=False).tolist()
    hidden = [watched[user].pop() for user in sampled]
    events = [[(item, 1) for item in items] for items in watched]
    whole = Links.empty().updated(events, 1)
    table = Table("links kept of each video", "links", *(f"HR@{k}" for k in HITS))
    for top in (None, 200, 100, 50, 20, 10):
        links = whole.strongest(top)
        found = ranks(links, [watched[user] for user in sampled], hidden)
        rates = (np.mean([rank <= k for rank in found]) for k in HITS)
        table.add_row(str(top or "all"), f"{links.forward.nnz:,}", *(f"{rate:.4f}" for rate in rates))
    Console().print(table)


if __name__ == "__main__":
    main()
