"""The whole export: plan, shards that are not done yet, an engine, and the join."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shortlist.app.export.local_engine import run_local
from shortlist.app.export.merge import merge_shards
from shortlist.app.export.plan import Plan, metadata, shards
from shortlist.app.export.ray_engine import run_on_ray
from shortlist.app.export.shards import is_done, read_shard, shard_file, shard_folder
from shortlist.core.config import NONE, Config
from shortlist.core.notes import Note
from shortlist.core.ranking import Request
from shortlist.store.home import Home

Engine = Callable[[Iterable[tuple[int, list[str]]], Config, Request, Path, int], Iterator[int]]
ENGINES: Mapping[str, Engine] = {"local": run_local, "ray": run_on_ray}


@dataclass(frozen=True, slots=True)
class Exported:
    """How many readers have how many rows, which ids are no readers, and what is to be said of how many readers.

    `unjudged` counts the readers of whom the language model should have judged something and judged nothing.
    """

    readers: int
    rows: int
    unknown: tuple[str, ...]
    unjudged: int = 0
    notes: Mapping[Note, int] = field(default_factory=dict)


def export(
    plan: Plan, home: Home, config: Config, engine: str, *, resume: bool, progress: Callable[[int], None]
) -> Exported:
    """Write `plan.out`. Killed at any moment, it leaves the old file or none; with `resume` what was done is kept.

    `progress` gets the number of readers just done. Raises `StateError`, `UsageError`, and `ServiceError` where a model
    asked for by name is missing.
    """
    described = metadata(plan, home, config)
    with shard_folder(plan, described, resume=resume):
        numbers: list[int] = []

        def missing() -> Iterator[tuple[int, list[str]]]:
            for number, user_ids in enumerate(shards(plan, home)):
                numbers.append(number)
                if is_done(shard_file(plan.parts, number)):
                    progress(len(user_ids))
                else:
                    yield number, user_ids

        for readers in ENGINES[engine](missing(), config, plan.like, plan.parts, workers_for(config, plan.like)):
            progress(readers)
        files = [shard_file(plan.parts, number) for number in numbers]
        merge_shards(files, plan.out, described, raw=plan.raw)
        finished = [read_shard(file)[1] for file in files]
    unknown = tuple(user_id for done in finished for user_id in done.unknown)
    notes: Counter[Note] = sum((Counter(done.notes) for done in finished), Counter())
    return Exported(
        sum(done.readers for done in finished) - len(unknown), sum(done.rows for done in finished), unknown,
        sum(done.unjudged for done in finished), dict(notes.most_common()),
    )  # fmt: skip


def workers_for(config: Config, like: Request) -> int:
    """A worker a core; a single one where a language model may be asked, which takes all cores itself."""
    weights = config.rerank
    asks = like.rerank not in (NONE, "auto") or (
        like.rerank == "auto" and (weights.weight_plain or weights.weight_thin)
    )
    return 1 if asks else config.export.workers or os.cpu_count() or 1
