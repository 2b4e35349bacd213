"""A variant over a task. What is finished is kept by hash; what was cut off goes on where it stopped."""

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
from shortlist.core.ranking import Run
from shortlist.eval.answer.answered import Answered, Answerer
from shortlist.eval.answer.batches import Batch
from shortlist.eval.answer.product import Product
from shortlist.eval.data.dataset import EvalQuery
from shortlist.eval.factories import Factories
from shortlist.eval.hashes import PEER_CODE, code_hash, config_hash, digest, weights_hash
from shortlist.eval.progress import Bar, Bars, no_bars
from shortlist.eval.run_cache import RunCache, joined_cost, joined_notes
from shortlist.eval.tasks.cached_encoder import CachedEncoder
from shortlist.eval.tasks.home import cache_root, open_task_home
from shortlist.eval.tasks.records import TaskRecords
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant


def run_variant(task: Task, variant: Variant, config: Config, parts: Factories, bars: Bars = no_bars) -> RunCache:
    """`variant` over all queries of `task`, which is ingested first where no run has done so.

    A query that cannot be answered is listed as failed. Raises `ServiceError` where the variant needs a model that is
    not to be had, `ConfigError` where its settings do not exist, and what `open_task_home` raises.
    """
    chosen = variant.configured(config)
    hashes = hashes_of(task, variant, chosen)
    folder = _folder(cache_root(config) / "runs", task, variant, hashes)
    size, batches = _kept(folder, task.data.queries)
    if len(batches) * size < len(task.data.queries):
        with _answerer(task, variant, chosen, parts, bars) as answerer:
            bar = bars(f"{variant.name} on {task.data.name}", len(task.data.queries))
            batches = _completed(folder, task.data.queries, answerer, bar)
    answers = {query: answer.ranking for batch in batches for query, answer in batch.answers.items()}
    failed = {query: reason for batch in batches for query, reason in batch.failed.items()}
    cost = joined_cost(batches)
    seconds = {stage: float(ms.sum()) / 1000 for stage, ms in cost.stage_ms.items()}
    run = Run(variant.name, hashes["config"], hashes["data"], answers, failed, seconds, cost.use.prompt_tokens)
    return RunCache(variant, run, cost, hashes, joined_notes(batches), _tuned_here(task, variant, chosen))


def hashes_of(task: Task, variant: Variant, chosen: Config) -> dict[str, str]:
    """All that decides the rankings; `chosen` is the configuration of `variant`."""
    return {
        "data": task.data.data_hash,
        "queries": digest([query.id for query in task.data.queries]),
        "config": digest([config_hash(chosen, variant.method), sorted(variant.enrichment), variant.peer]),
        "code": code_hash(PEER_CODE) if variant.peer else code_hash(),
        "weights": weights_hash(chosen, variant.method),
    }


def _folder(root: Path, task: Task, variant: Variant, hashes: dict[str, str]) -> Path:
    """The folder of this run. Those of other code are removed: nobody can ask for them any more."""
    settings = digest({name: value for name, value in hashes.items() if name != "code"})
    runs = root / f"{task.data.name}.{variant.name}.{settings}"
    folder = runs / hashes["code"]
    folder.mkdir(parents=True, exist_ok=True)
    for other in runs.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _kept(folder: Path, queries: Sequence[EvalQuery]) -> tuple[int, list[Batch]]:
    """The size of a batch, and all batches if every one of them is there."""
    try:
        size = int(json.loads((folder / "size.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return 1, []
    found = [Batch.load(_file(folder, start)) for start in range(0, len(queries), size)]
    whole = [batch for batch in found if batch is not None]
    return size, whole if len(whole) == len(found) else []


def _completed(folder: Path, queries: Sequence[EvalQuery], answerer: Answerer, bar: Bar) -> list[Batch]:
    (folder / "size.json").write_text(json.dumps(answerer.batch), encoding="utf-8")
    batches = []
    for start in range(0, len(queries), answerer.batch):
        asked, path = queries[start : start + answerer.batch], _file(folder, start)
        batch = Batch.load(path)
        if batch is None:
            batch = _ask(answerer, asked)
            batch.save(path)
        batches.append(batch)
        bar(len(asked))
    return batches


def _file(folder: Path, start: int) -> Path:
    return folder / f"batch-{start:07d}.json.gz"


def _ask(answerer: Answerer, queries: Sequence[EvalQuery]) -> Batch:
    cores, clock = process_time(), perf_counter()
    answers, failed = _answers(answerer, queries)
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return Batch(answers, failed, process_time() - cores, perf_counter() - clock, peak)


def _answers(answerer: Answerer, queries: Sequence[EvalQuery]) -> tuple[dict[str, Answered], dict[str, str]]:
    """All at once; one by one where that fails, to know which."""
    try:
        return {query.id: answer for query, answer in zip(queries, answerer(queries), strict=True)}, {}
    except ServiceError:
        raise
    except ShortlistError as error:
        if len(queries) == 1:
            return {}, {queries[0].id: str(error)}
    answers: dict[str, Answered] = {}
    failed: dict[str, str] = {}
    for query in queries:
        one, wrong = _answers(answerer, [query])
        answers.update(one)
        failed.update(wrong)
    return answers, failed


@contextmanager
def _answerer(task: Task, variant: Variant, config: Config, parts: Factories, bars: Bars) -> Iterator[Answerer]:
    encoder = parts.encoder(config)
    with open_task_home(task, variant, config, encoder, bars) as home:
        if variant.peer:
            from shortlist.eval.peers.peer import world_of
            from shortlist.eval.peers.table import peer_answerer

            yield peer_answerer(variant.peer, world_of(task, CachedEncoder(encoder(), home), config.eval.seed))
            return
        recommender = parts.recommender(home, config, TaskRecords(task, home.catalogue))
        yield Product(recommender, task.data, variant.method)


def _tuned_here(task: Task, variant: Variant, config: Config) -> bool:
    """Whether some setting in use was chosen on the very data that now judges it."""
    tuned = config.tuned
    return task.data.data_hash in tuned.on.values() and not all(variant.changes(key) for key in tuned.keys)
