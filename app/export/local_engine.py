"""The engine of one machine: a process a core, each with a recommender of its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shortlist.app.export.worker import Worker
from shortlist.core.config import Config
from shortlist.core.errors import StateError
from shortlist.core.ranking import Request

Shard = tuple[int, list[str]]

WAITING = 2  # shards queued for each worker: enough that none idles, few enough that memory stays flat
# Each worker has a core: threads of its BLAS would only take turns on it.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def run_local(shards: Iterable[Shard], config: Config, like: Request, parts: Path, workers: int) -> Iterator[int]:
    """How many readers each shard had, as they are finished. One worker is this process."""
    if workers == 1:
        worker = Worker(config, like, parts)
        yield from (worker.work(number, user_ids) for number, user_ids in shards)
        return
    config = config.model_copy(update={"retrieval": config.retrieval.model_copy(update={"threads": 1})})
    context = multiprocessing.get_context("spawn")  # a fork would share open databases and threads
    with _one_thread(), ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
        try:
            yield from _as_finished(pool, shards, Task(config, like, parts), workers * WAITING)
        except BrokenProcessPool as error:
            remedy = "run it again with --resume; where memory is short, with fewer export.workers"
            raise StateError(
                "the export stopped", expected="all workers to live", found=str(error), remedy=remedy
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _as_finished(pool: ProcessPoolExecutor, shards: Iterable[Shard], task: Task, most: int) -> Iterator[int]:
    under_way: set[Future[int]] = set()
    for shard in shards:
        under_way.add(pool.submit(_work, task, shard))
        if len(under_way) >= most:
            finished, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
    yield from (future.result() for future in under_way)


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is made for."""

    config: Config
    like: Request
    parts: Path


_of_this_process: list[Worker] = []


def _work(task: Task, shard: Shard) -> int:
    if not _of_this_process:
        _of_this_process.append(Worker(task.config, task.like, task.parts))
    return _of_this_process[0].work(*shard)


def _begin() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # killed: nobody waits for these rows


@contextmanager
def _one_thread() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
