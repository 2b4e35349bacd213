"""CPU seconds to validate events: reading the file, parsing its rows, checking the batch."""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from shortlist.core.config_sections.operations import PipelineConfig
from shortlist.core.types import ACTIONS
from shortlist.ingest.tables.limits import Limits
from shortlist.ops.data.ledger import Usual
from shortlist.ops.data.validate import Batch, validate

EVENTS = 200_000
BAD = 1_000
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def events(rng: np.random.Generator) -> pl.DataFrame:
    """A month of events, of which `BAD` have one of five faults."""
    at = int(NOW.timestamp()) - rng.integers(0, 30 * 86_400, EVENTS)
    table = pl.DataFrame(
        {
            "user_id": np.char.add("user_", rng.integers(0, 50_000, EVENTS).astype(str)),
            "item_id": np.char.add("v", rng.integers(0, 20_000, EVENTS).astype(str)),
            "kind": rng.choice(["video", "article"], EVENTS),
            "action": rng.choice(ACTIONS, EVENTS),
            "at": pl.Series(at).cast(pl.Int64) * 1_000_000,
            "dwell_s": rng.random(EVENTS) * 60,
            "event_id": np.char.add("e", np.arange(EVENTS).astype(str)),
        }
    )
    row = pl.int_range(EVENTS) % (EVENTS // BAD)
    fault = pl.int_range(EVENTS) // (EVENTS // BAD) % 5
    faulty = [
        pl.when((row == 7) & (fault == 0)).then(pl.lit("bought")).otherwise(pl.col("action")).alias("action"),
        pl.when((row == 7) & (fault == 1)).then(None).otherwise(pl.col("user_id")).alias("user_id"),
        pl.when((row == 7) & (fault == 2)).then(-1.0).otherwise(pl.col("dwell_s")).alias("dwell_s"),
        pl.when((row == 7) & (fault == 3)).then(pl.lit("film")).otherwise(pl.col("kind")).alias("kind"),
    ]
    late = pl.when((row == 7) & (fault == 4)).then(pl.col("at") + 90 * 86_400_000_000).otherwise(pl.col("at"))
    time_text = late.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("at")
    return table.with_columns([*faulty, time_text])


def main() -> None:
    """Print a table."""
    argparse.ArgumentParser(prog="python -m benchmarks.ops.validation", description=__doc__).parse_args()
    table = events(np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        parquet, csv = Path(folder, "events.parquet"), Path(folder, "events.csv")
        table.write_parquet(parquet)
        table.write_csv(csv)
        print("| file | CPU seconds, three times | bad rows |\n|---|---|---|")
        for path in (parquet, csv):
            seconds, bad = [], 0
            for _ in range(3):
                began = time.process_time()
                batch = Batch(PipelineConfig(), Limits(), Usual(), NOW, NOW + timedelta(days=1))
                found = validate(path, "events", batch, lambda _number, _event: None)
                seconds.append(time.process_time() - began)
                bad = len(found.reasons)
            print(f"| {path.suffix} | {', '.join(f'{one:.2f}' for one in seconds)} | {bad:,} |")


if __name__ == "__main__":
    main()
