"""CPU seconds of the feature store for a million events: to build it, to read moments of the past, to read online."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from shortlist.core.config import Config
from shortlist.core.types import Attributed, Enrichment, Event, Video
from shortlist.ops.features.build import build
from shortlist.ops.features.local_store import LocalFeatureStore
from shortlist.ops.features.views import ITEM, READER, VIEWS
from shortlist.store.home import Home

DAYS = 30
NOW = datetime(2026, 11, 24, tzinfo=UTC)
ACTIONS = {"impression": 0.6, "click": 0.15, "view": 0.15, "like": 0.05, "skip": 0.05}
VIDEOS = 20_000
CONFIG = Config.model_validate({"features": {"clock": "event"}})


def video(number: int) -> Video:
    """Return a video of a minute in one of twelve categories."""
    category = Attributed(f"category {number % 12}", "given")
    return Video(f"v{number}", f"Video {number}", duration_s=60.0, enrichment=Enrichment(category=category))


def fill(home: Home, number: int, rng: np.random.Generator) -> None:
    """Store events of `number / 20` readers over `DAYS` days, in the order of their times."""
    with home.writing():
        home.catalogue.videos.put([video(at) for at in range(VIDEOS)])
    seconds = np.sort(rng.integers(0, DAYS * 86_400, number))
    columns = (
        rng.integers(0, number // 20, number), rng.integers(0, VIDEOS, number),
        rng.choice(list(ACTIONS), number, p=list(ACTIONS.values())), seconds, rng.random(number) * 60,
    )  # fmt: skip
    start = NOW - timedelta(days=DAYS)
    events = [
        Event(f"user_{user}", f"v{item}", "video", action, start + timedelta(seconds=int(at)), dwell, f"e{seq}")
        for seq, (user, item, action, at, dwell) in enumerate(zip(*columns, strict=True))
    ]
    home.catalogue.events.add(events)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Run `work` and return its CPU seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ops.features", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--points", type=int, default=100_000, help="moments of the past that are read")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder, Home.open(Path(folder, "home"), "none") as home:
        fill(home, arguments.events, rng)
        store = LocalFeatureStore(home)
        yesterday = NOW - timedelta(days=1)
        print(f"| {arguments.events:,} events | CPU seconds |\n|---|---|")
        print(f"| build all days but the last | {cpu_seconds(lambda: build(home, CONFIG, store, yesterday)):.1f} |")
        print(f"| build the last day | {cpu_seconds(lambda: build(home, CONFIG, store, NOW)):.1f} |")
        for view, name, number in ((READER, "user_", arguments.events // 20), (ITEM, "v", VIDEOS)):
            ids = pl.Series(rng.integers(0, number, arguments.points)).cast(pl.String)
            ago = pl.Series(rng.integers(1, DAYS * 86_400, arguments.points) * 1_000_000).cast(pl.Duration("us"))
            points = pl.select(pl.lit(ids).str.replace("^", name).alias(view.keys[0]), (pl.lit(NOW) - ago).alias("at"))
            seconds = cpu_seconds(lambda view=view, points=points: store.as_of(view, points))
            print(f"| {arguments.points:,} moments of `{view.name}` | {seconds:.1f} |")
        readers = [pl.DataFrame({"user_id": [f"user_{at}"]}) for at in range(1000)]
        seconds = cpu_seconds(lambda: [store.latest(READER, one, NOW) for one in readers])
        print(f"| 1,000 readers online, one by one | {seconds:.1f} |")
        seconds = cpu_seconds(lambda: store.latest(READER, pl.concat(readers), NOW))
        print(f"| 1,000 readers online, at once | {seconds:.2f} |")
        print("\n| view | rows | MB of files |\n|---|---|---|")
        for name in VIEWS:
            paths = [*Path(folder, "home", "features", name).glob("*.parquet")]
            rows = sum(pl.scan_parquet(path).select(pl.len()).collect().item() for path in paths)
            print(f"| {name} | {rows:,} | {sum(path.stat().st_size for path in paths) / 1e6:.0f} |")


if __name__ == "__main__":
    main()
