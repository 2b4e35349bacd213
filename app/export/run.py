"""Run an export: give the unfinished shards of a plan to an engine, then merge all shards into one file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from shortlist.app.export.local_engine import run_local
from shortlist.app.export.merge import merge_shards
from shortlist.app.export.plan import Plan, metadata, shards
from shortlist.app.export.ray_engine import run_on_ray
from shortlist.app.export.shards import is_done, open_shard_folder, read_shard, schema, shard_file
from shortlist.app.export.split_lists import COLUMNS, SplitLists, splitting
from shortlist.app.export.worker import Task
from shortlist.core.config import AUTO, NONE, Config
from shortlist.core.notes import Note
from shortlist.core.ranking import Request
from shortlist.eval.hashes import config_hash, digest
from shortlist.store.home import Home

Engine = Callable[[Iterable[tuple[int, list[str]]], Task, int], Iterator[int]]
ENGINES: Mapping[str, Engine] = {"local": run_local, "ray": run_on_ray}


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The number of readers and rows, the unknown ids, and each note with its number of readers.

    `unjudged` counts the readers for whom the language model was asked and gave no usable answer.
    """

    readers: int
    rows: int
    unknown: tuple[str, ...]
    unjudged: int = 0
    notes: Mapping[Note, int] = field(default_factory=dict)


def export(
    plan: Plan, home: Home, config: Config, engine: str, *, resume: bool, progress: Callable[[int], None]
) -> ExportResult:
    """Write `plan.out` atomically. With `resume`, finished shards of an interrupted export are reused.

    `progress` gets the number of readers just finished. Raises `StateError`, `UsageError`, and `ServiceError` if a
    model asked for by name is missing.
    """
    experiment = splitting(home.catalogue)
    described = metadata(plan, home, config) | {"experiment": experiment.name if experiment else ""}
    with open_shard_folder(plan, described, resume=resume):
        numbers: list[int] = []

        def unfinished_shards() -> Iterator[tuple[int, list[str]]]:
            for number, user_ids in enumerate(shards(plan, home)):
                numbers.append(number)
                if is_done(shard_file(plan.folder, number)):
                    progress(len(user_ids))
                else:
                    yield number, user_ids

        split = SplitLists(experiment, digest(described), config_hash(config, AUTO)) if experiment else None
        task = Task(config, plan.request, plan.details, plan.folder, split)
        for readers in ENGINES[engine](unfinished_shards(), task, workers_for(config, plan.request)):
            progress(readers)
        files = [shard_file(plan.folder, number) for number in numbers]
        columns = schema((*plan.details, *(COLUMNS if experiment else ())))
        merge_shards(files, plan.out, columns, described, raw=plan.raw)
        finished = [read_shard(file)[1] for file in files]
    unknown = tuple(user_id for done in finished for user_id in done.unknown)
    notes: Counter[Note] = sum((Counter(done.notes) for done in finished), Counter())
    return ExportResult(
        sum(done.readers for done in finished) - len(unknown), sum(done.rows for done in finished), unknown,
        sum(done.unjudged for done in finished), dict(notes.most_common()),
    )  # fmt: skip


def workers_for(config: Config, request: Request) -> int:
    """Return one worker per core, or a single one if a language model may be used: it takes all cores itself."""
    weights = config.rerank
    asks = request.rerank not in (NONE, "auto") or (
        request.rerank == "auto" and (weights.weight_plain or weights.weight_thin)
    )
    return 1 if asks else config.export.workers or os.cpu_count() or 1
