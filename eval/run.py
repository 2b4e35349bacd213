"""Run a variant over a task. Finished runs are cached by hash; interrupted runs resume at their first missing batch."""

from __future__ import annotations

import json
import resource
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time

from shortlist.core.config import Config
from shortlist.core.errors import ServiceError, ShortlistError
from shortlist.core.progress import Bar, Bars, no_bars
from shortlist.core.ranking import Run
from shortlist.eval.answer.answerer import Answer, Answerer
from shortlist.eval.answer.batches import Batch
from shortlist.eval.answer.recommender_answerer import RecommenderAnswerer
from shortlist.eval.data import mind
from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.factories import Factories
from shortlist.eval.finished_run import FinishedRun, count_notes, total_cost
from shortlist.eval.hashes import PEER_CODE, code_hash, config_hash, digest, weights_hash
from shortlist.eval.tasks.home import cache_root, open_task_home
from shortlist.eval.tasks.records import TaskRecords, log_of
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant
from shortlist.learning.plan import Plan
from shortlist.store.caches.cached_encoder import CachedEncoder
from shortlist.store.home import Home


def run_variant(
    task: Task, variant: Variant, config: Config, factories: Factories, bars: Bars = no_bars
) -> FinishedRun:
    """Rank all queries of `task` with `variant`, or read the run from the cache.

    The task is ingested if no earlier run has done so. A query that cannot be answered is listed as failed. Raises
    `ServiceError` if a model or package of the variant is missing, `ConfigError` if its settings do not exist, and the
    errors of `open_task_home`.
    """
    variant_config = variant.apply_to(config)
    hashes = run_hashes(task, variant, variant_config)
    folder = _run_folder(cache_root(config) / "runs", task, variant, hashes)
    size, batches = _load_batches(folder, task.data.queries)
    if len(batches) * size < len(task.data.queries):
        with _answerer(task, variant, variant_config, factories, bars) as answerer:
            bar = bars(f"{variant.name} on {task.data.name}", len(task.data.queries))
            batches = _complete_batches(folder, task.data.queries, answerer, bar)
    rankings = {query: answer.ranking for batch in batches for query, answer in batch.answers.items()}
    failed = {query: reason for batch in batches for query, reason in batch.failed.items()}
    cost = total_cost(batches)
    run = Run(variant.name, hashes["config"], hashes["data"], rankings, failed)
    return FinishedRun(variant, run, cost, hashes, count_notes(batches), _tuned_on(task, variant, variant_config))


def run_hashes(task: Task, variant: Variant, config: Config) -> dict[str, str]:
    """Return hashes of everything that decides the rankings; `config` is the configuration with `variant` applied."""
    return {
        "data": task.data.data_hash,
        "queries": digest([query.id for query in task.data.queries]),
        "config": digest(
            [config_hash(config, variant.method), sorted(variant.enrichment), variant.peer, variant.trains]
        ),
        "code": code_hash(PEER_CODE) if variant.peer else code_hash(),
        "weights": weights_hash(config, variant.method),
    }


def _run_folder(root: Path, task: Task, variant: Variant, hashes: dict[str, str]) -> Path:
    """Create the folder of this run, and delete those of the same run with other code, which cannot be used again."""
    settings = digest({name: value for name, value in hashes.items() if name != "code"})
    runs = root / f"{task.data.name}.{variant.name}.{settings}"
    folder = runs / hashes["code"]
    folder.mkdir(parents=True, exist_ok=True)
    for other in runs.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _load_batches(folder: Path, queries: Sequence[EvalQuery]) -> tuple[int, list[Batch]]:
    """Return the batch size, and all batches, or no batches if one of them is missing."""
    try:
        size = int(json.loads((folder / "size.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return 1, []
    batches = [Batch.load(_batch_path(folder, start)) for start in range(0, len(queries), size)]
    loaded = [batch for batch in batches if batch is not None]
    return size, loaded if len(loaded) == len(batches) else []


def _complete_batches(folder: Path, queries: Sequence[EvalQuery], answerer: Answerer, bar: Bar) -> list[Batch]:
    """Load the batches in `folder`, and run and save the missing ones."""
    (folder / "size.json").write_text(json.dumps(answerer.batch_size), encoding="utf-8")
    batches = []
    for start in range(0, len(queries), answerer.batch_size):
        batch_queries, path = queries[start : start + answerer.batch_size], _batch_path(folder, start)
        batch = Batch.load(path)
        if batch is None:
            batch = _run_batch(answerer, batch_queries)
            batch.save(path)
        batches.append(batch)
        bar(len(batch_queries))
    return batches


def _batch_path(folder: Path, start: int) -> Path:
    return folder / f"batch-{start:07d}.json.gz"


def _run_batch(answerer: Answerer, queries: Sequence[EvalQuery]) -> Batch:
    cores, clock = process_time(), perf_counter()
    answers, failed = _answer(answerer, queries)
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return Batch(answers, failed, process_time() - cores, perf_counter() - clock, peak)


def _answer(answerer: Answerer, queries: Sequence[EvalQuery]) -> tuple[dict[str, Answer], dict[str, str]]:
    """Return the answers, and the reasons of failed queries, both by query id.

    The queries are answered together. If that fails they are answered one by one, to learn which of them fail.
    """
    try:
        return {query.id: answer for query, answer in zip(queries, answerer(queries), strict=True)}, {}
    except ServiceError:
        raise
    except ShortlistError as error:
        if len(queries) == 1:
            return {}, {queries[0].id: str(error)}
    answers: dict[str, Answer] = {}
    failed: dict[str, str] = {}
    for query in queries:
        answered, reasons = _answer(answerer, [query])
        answers.update(answered)
        failed.update(reasons)
    return answers, failed


@contextmanager
def _answerer(task: Task, variant: Variant, config: Config, factories: Factories, bars: Bars) -> Iterator[Answerer]:
    encoder = factories.encoder(config)
    with open_task_home(task, variant, config, encoder, bars) as home:
        if variant.peer:
            from shortlist.eval.peers.peer import build_peer_data
            from shortlist.eval.peers.registry import peer_answerer

            cached = CachedEncoder(encoder, home.embeddings, home.encoder)
            yield peer_answerer(variant.peer, build_peer_data(task, cached, config.eval.seed))
            return
        # News is out of date in days: models trained on MIND's histories lose on a later day.
        if variant.trains is not None and task.data.kind != mind.KIND:
            config = _with_trained(home, config, variant.trains, bars)
        recommender = factories.recommender(home, config, TaskRecords(task, home.catalogue), log_of(task))
        yield RecommenderAnswerer(recommender, task.data, variant.method)


def _with_trained(home: Home, config: Config, plan: Plan, bars: Bars) -> Config:
    """Return `config` with the models of `plan`, trained on the past events in `home` unless an earlier run has."""
    from shortlist.learning.train import train

    version = train(home, config, plan, bars)
    return config.model_copy(update={"retrieval": config.retrieval.model_copy(update={"models": version})})


def _tuned_on(task: Task, variant: Variant, config: Config) -> bool:
    """Return whether a setting of this run was tuned on the task's own data."""
    tuned = config.tuned
    return task.data.data_hash in tuned.on.values() and not all(variant.overrides(key) for key in tuned.keys)
