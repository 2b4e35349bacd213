"""Count co-watch links of many readers: in one piece, in shards one after the other, and in shards on Ray.

    python -m benchmarks.scale.cowatch_batch [--readers 140000] [--videos 100000] [--top 100] [--ways shards whole ray]

Readers watch 20 videos each, drawn by popularity (a power law), so 190 pairs. All ways must give the same counts.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator

import numpy as np
from rich.console import Console
from rich.table import Table

from shortlist.app.cowatch import Numbered, count_on_ray, joined, map_shard, reduce_bucket
from shortlist.retrieval.index.cowatch_counts import Links, Watches

EACH = 20
WAYS = ["shards", "whole", "ray"]
EXPONENT = 0.8  # of the power law


def readers(n: int, videos: int) -> Iterator[Watches]:
    """Yield the watches of `n` readers."""
    draw = np.random.default_rng(0)
    shares = np.cumsum(np.arange(1, videos + 1) ** -EXPONENT)
    for _ in range(n):
        chosen = np.searchsorted(shares, draw.random(EACH) * shares[-1]).tolist()
        yield [(f"video-{item:08d}", at) for at, item in enumerate(chosen, start=1)]


def in_shards(source: Iterator[Watches], top: int) -> Links:
    """Do the work of the job on Ray in this process, one shard after the other."""
    numbered = Numbered()
    shards = list(numbered.shards(source, EACH))
    n = len(numbered.numbers)
    order = np.argsort(np.argsort(np.array(list(numbered.numbers))))
    parts = [map_shard(shard, n) for shard in shards]
    return joined(numbered, [reduce_bucket(n, top, order, *bucket) for bucket in zip(*parts, strict=True)], EACH)


def main() -> None:
    """Count in each way, compare, and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--readers", type=int, default=140_000)
    options.add_argument("--videos", type=int, default=100_000)
    options.add_argument("--top", type=int, default=100)
    options.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS[:2], help="all must give the same")
    chosen = options.parse_args()
    n, videos, top = chosen.readers, chosen.videos, chosen.top
    ways: dict[str, Callable[[], Links]] = {
        "shards": lambda: in_shards(readers(n, videos), top),
        "whole": lambda: Links.empty().updated(readers(n, videos), EACH).strongest(top),
        "ray": lambda: count_on_ray(readers(n, videos), EACH, top, None, 2),
    }
    table, first = Table("way", "wall s", "CPU s of this process", "peak GB of this process", "links kept"), None
    for name in chosen.ways:
        wall, cpu = time.monotonic(), time.process_time()
        links = ways[name]()
        spent = time.monotonic() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        table.add_row(name, f"{spent[0]:.0f}", f"{spent[1]:.0f}", f"{peak:.1f}", f"{links.forward.nnz:,}")
        first = first or links
        Console().print(f"{name}: {spent[0]:.0f} s")
        if first.ids != links.ids or (first.forward != links.forward).nnz:
            raise SystemExit(f"{name} counted otherwise")
    Console().print(f"{chosen.readers * EACH * (EACH - 1) // 2:,} pairs at most", table)


if __name__ == "__main__":
    main()
