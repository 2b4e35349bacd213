"""The engine of a cluster: the same workers as actors of Ray Data. Every node needs the home at the same path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from shortlist.app.export.worker import Worker
from shortlist.core.config import Config
from shortlist.core.errors import ModelMissing
from shortlist.core.ranking import Request

CORES_LEFT = 1  # Ray Data's own tasks need a slot: with an actor on every core it would wait for one for ever


class RayWorker:
    """A `Worker` that takes and gives Ray Data's batches. One an actor, so the home is opened once, not once a task."""

    def __init__(self, config: Config, like: Request, parts: Path) -> None:
        self._worker = Worker(config, like, parts)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Each row of `batch` is a shard: its number and its ids."""
        pairs = zip(batch["number"].tolist(), batch["user_ids"], strict=True)
        done = [self._worker.work(number, list(map(str, user_ids))) for number, user_ids in pairs]
        return {"readers": done}


def run_on_ray(
    shards: Iterable[tuple[int, list[str]]], config: Config, like: Request, parts: Path, workers: int
) -> Iterator[int]:
    """How many readers each shard had. Uses the cluster at `export.ray_address`, or a Ray of this machine."""
    ray = _ray()
    address = config.export.ray_address
    where: dict[str, Any] = {"address": address} if address else {"num_cpus": workers + CORES_LEFT}
    ray.init(**where, log_to_driver=False, include_dashboard=False)
    config = config.model_copy(update={"retrieval": config.retrieval.model_copy(update={"threads": 1})})
    try:
        items = [{"number": number, "user_ids": user_ids} for number, user_ids in shards]
        done = ray.data.from_items(items).map_batches(
            RayWorker, fn_constructor_args=(config, like, parts), batch_size=1, concurrency=workers, num_cpus=1
        )
        for row in done.iter_rows():
            yield int(row["readers"])
    finally:
        ray.shutdown()


def _ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError as error:
        remedy = "pip install -e '.[ray]', or use --engine local"
        raise ModelMissing("no Ray", expected="the package ray", found=str(error), remedy=remedy) from error
    return ray
