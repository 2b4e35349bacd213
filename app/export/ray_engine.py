"""The export engine for a cluster: workers run as Ray Data actors. Every node needs the home at the same path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from shortlist.app.export.worker import Task, Worker, with_one_thread
from shortlist.app.ray_session import ray_session

SPARE_CORES = 1  # Ray Data's own tasks need a slot: with an actor on every core they would wait for ever


class RayWorker:
    """Adapts `Worker` to Ray Data's batches. Each actor has one, so it opens the home once and not for every task."""

    def __init__(self, task: Task) -> None:
        self._worker = Worker(task)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Rank the shards in `batch`, whose columns are `number` and `user_ids`. Returns the readers of each shard."""
        pairs = zip(batch["number"].tolist(), batch["user_ids"], strict=True)
        done = [self._worker.work(number, list(map(str, user_ids))) for number, user_ids in pairs]
        return {"readers": done}


def run_on_ray(shards: Iterable[tuple[int, list[str]]], task: Task, workers: int) -> Iterator[int]:
    """Rank `shards`; yield the number of readers of each. Without `export.ray_address`, Ray starts on this machine."""
    task = replace(task, config=with_one_thread(task.config))
    with ray_session(task.config.export.ray_address, workers + SPARE_CORES) as ray:
        items = [{"number": number, "user_ids": user_ids} for number, user_ids in shards]
        done = ray.data.from_items(items).map_batches(
            RayWorker, fn_constructor_args=(task,), batch_size=1, concurrency=workers, num_cpus=1
        )
        for row in done.iter_rows():
            yield int(row["readers"])
