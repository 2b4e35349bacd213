"""The export engine for one machine: one process per core, each with its own recommender."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace

from shortlist.app.export.worker import Task, Worker, with_one_thread
from shortlist.core.errors import StateError

Shard = tuple[int, list[str]]

QUEUED = 2  # shards queued for each worker: enough that none idles, few enough that memory stays flat
# Each worker has one core: several BLAS threads would only compete for it.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def run_local(shards: Iterable[Shard], task: Task, workers: int) -> Iterator[int]:
    """Rank `shards`; yield the number of readers of each as it finishes. A single worker runs in this process."""
    if workers == 1:
        worker = Worker(task)
        yield from (worker.work(number, user_ids) for number, user_ids in shards)
        return
    task = replace(task, config=with_one_thread(task.config))
    context = multiprocessing.get_context("spawn")  # a fork would share open databases and threads
    with _one_thread(), ProcessPoolExecutor(workers, mp_context=context, initializer=_watch_parent) as pool:
        try:
            yield from _as_completed(pool, shards, task, workers * QUEUED)
        except BrokenProcessPool as error:
            remedy = "run it again with --resume; if memory is short, with fewer export.workers"
            raise StateError(
                "the export stopped", expected="all workers to finish", found=str(error), remedy=remedy
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _as_completed(pool: ProcessPoolExecutor, shards: Iterable[Shard], task: Task, most: int) -> Iterator[int]:
    pending: set[Future[int]] = set()
    for shard in shards:
        pending.add(pool.submit(_run_shard, task, shard))
        if len(pending) >= most:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
    yield from (future.result() for future in pending)


_process_worker: list[Worker] = []


def _run_shard(task: Task, shard: Shard) -> int:
    if not _process_worker:
        _process_worker.append(Worker(task))
    return _process_worker[0].work(*shard)


def _watch_parent() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # the parent was killed, so nothing reads these rows


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
