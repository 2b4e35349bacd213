"""The home of a task: its records through the product's own ingest, kept so that no text is encoded twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TypeVar

from platformdirs import user_cache_path

from shortlist.core.config import Config
from shortlist.core.types import Enrichment, Video
from shortlist.eval.hashes import CONTENT_CODE, INDEX_CODE, code_hash, digest
from shortlist.eval.progress import Bars, no_bars
from shortlist.eval.tasks.cached_encoder import CachedEncoder
from shortlist.eval.tasks.splits import require_known
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant
from shortlist.ingest.default_enrichment import DefaultEnricher
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.encoder_version import encoder_version
from shortlist.retrieval.index.background_merge import merge_aside
from shortlist.retrieval.index.index import FOLDER
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.embed import embed
from shortlist.store.files import VECTORS
from shortlist.store.home import Home

STAMP = "made_by.json"
VIDEOS = 500
EVENTS = 10_000

T = TypeVar("T")


def cache_root(config: Config) -> Path:
    """Where ingested data sets and finished runs are kept."""
    return config.eval.cache or user_cache_path("shortlist") / "eval"


def open_task_home(
    task: Task, variant: Variant, config: Config, encoder: Callable[[], Encoder], bars: Bars = no_bars
) -> Home:
    """The home of `task`, its videos enriched as `variant` wants; ingested at the first call.

    Raises `HomeLocked` while another process ingests the same, and `RecordError` where an event of the crowd comes
    from the future of a question.
    """
    folder = cache_root(config) / "homes" / f"{task.data.name}-{_key(task, variant, config)}"
    version = encoder_version(config.encoder, config.models)
    stamp = {"content": code_hash(CONTENT_CODE), "index": code_hash(INDEX_CODE), "ingested": "yes"}
    before = _stamp(folder)
    if before.get("content") != stamp["content"]:
        _begin_anew(folder, task)
        before = stamp | {"ingested": "not yet"}
        _set_stamp(folder, before)
    if before["ingested"] != stamp["ingested"]:
        with Home.open(folder, version) as home:
            _fill(home, task, variant, config, encoder, bars)
    elif before != stamp:  # nobody shall measure yesterday's index
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
    _set_stamp(folder, stamp)
    home = Home.open(folder, version)
    if before != stamp:
        load_snapshot(home)
        merge_aside(home)  # measured is an index as it is in use
    return home


def _key(task: Task, variant: Variant, config: Config) -> str:
    encoder = [encoder_version(config.encoder, config.models), config.encoder.max_chunks]
    return digest([task.data.data_hash, encoder, config.ingest.categories, sorted(variant.enrichment)])


def _stamp(folder: Path) -> dict[str, str]:
    """The code that made the home, and whether all of it is there; empty where there is none."""
    try:
        found: dict[str, str] = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _set_stamp(folder: Path, stamp: dict[str, str]) -> None:
    (folder / STAMP).write_text(json.dumps(stamp), encoding="utf-8")


def _begin_anew(folder: Path, task: Task) -> None:
    """Leave nothing of other code but its vectors; a new home begins with those that the task or a sibling has."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif not path.name.startswith(VECTORS):
            path.unlink()
    if not (folder / VECTORS).exists():
        siblings = folder.parent.glob(f"{task.data.name}-*/{VECTORS}")
        source = task.vectors or max(siblings, key=lambda path: path.stat().st_size, default=None)
        if source is not None and source.exists():
            shutil.copyfile(source, folder / VECTORS)


def _fill(
    home: Home,
    task: Task,
    variant: Variant,
    config: Config,
    encoder: Callable[[], Encoder],
    bars: Bars,
) -> None:
    bar = bars(f"ingesting {task.data.name}", len(task.videos))
    with home.writing("ingesting a data set"):
        kept = cache(lambda: CachedEncoder(encoder(), home))
        default_enricher = DefaultEnricher(home.catalogue, kept, config.ingest.categories)
        embedded = 0
        for batch in _batches(task.videos, VIDEOS):
            home.catalogue.videos.put([_kept(video, variant) for video in default_enricher.enrich(batch)])
            embedded = embed(home, embedded, kept)
            bar(len(batch))
        home.catalogue.articles.put(task.articles)
        embed(home, embedded, kept)
    first_asked = min((query.at for query in task.data.queries if query.at is not None), default=None)
    for events in _batches(task.crowd(), EVENTS):
        if first_asked is not None:
            require_known(events, first_asked)
        home.catalogue.events.add(events)


def _kept(video: Video, variant: Variant) -> Video:
    made, kept = video.enrichment, variant.enrichment
    chosen = Enrichment(
        summary=made.summary if "summary" in kept else None,
        category=made.category if "category" in kept else None,
        tags=made.tags if "tags" in kept else (),
        tags_made_by=made.tags_made_by if "tags" in kept else None,
        rewritten_title=made.rewritten_title if "rewritten_title" in kept else None,
    )
    return replace(video, enrichment=chosen)


def _batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
