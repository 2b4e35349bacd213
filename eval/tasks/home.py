"""The home of a task, filled by Shortlist's own ingest and cached on disk."""

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
from shortlist.core.progress import Bars, no_bars
from shortlist.core.types import Enrichment, Video
from shortlist.eval.hashes import CONTENT_CODE, INDEX_CODE, code_hash, digest
from shortlist.eval.tasks.splits import require_known
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant
from shortlist.ingest.default_enrichment import DefaultEnricher
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.encoders.encoder_version import encoder_version
from shortlist.retrieval.index.background_merge import merge_in_background
from shortlist.retrieval.index.index import FOLDER
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.caches.cached_encoder import CachedEncoder
from shortlist.store.embed import embed
from shortlist.store.home import Home
from shortlist.store.home_files import VECTORS

STAMP = "made_by.json"
VIDEO_BATCH = 500
EVENT_BATCH = 10_000

T = TypeVar("T")


def cache_root(config: Config) -> Path:
    """Return the folder of ingested data sets and finished runs."""
    return config.eval.cache or user_cache_path("shortlist") / "eval"


def open_task_home(
    task: Task, variant: Variant, config: Config, encoder: Callable[[], Encoder], bars: Bars = no_bars
) -> Home:
    """Open the home of `task`, with the enrichments of `variant`. It is ingested at the first call, and then cached.

    Raises `HomeLocked` while another process ingests the same task, and `RecordError` if a past event is later than the
    first query.
    """
    folder = cache_root(config) / "homes" / f"{task.data.name}-{_key(task, variant, config)}"
    version = encoder_version(config.encoder, config.models)
    stamp = {"content": code_hash(CONTENT_CODE), "index": code_hash(INDEX_CODE), "ingested": "yes"}
    before = _read_stamp(folder)
    if before.get("content") != stamp["content"]:
        _reset(folder, task)
        before = stamp | {"ingested": "not yet"}
        _write_stamp(folder, before)
    if before["ingested"] != stamp["ingested"]:
        with Home.open(folder, version) as home:
            _ingest(home, task, variant, config, encoder, bars)
    elif before != stamp:  # the index was built by other code
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
    _write_stamp(folder, stamp)
    home = Home.open(folder, version)
    if before != stamp:
        load_snapshot(home)
        merge_in_background(home)  # so that the measured index is merged, as one in use is
    return home


def _key(task: Task, variant: Variant, config: Config) -> str:
    encoder = [encoder_version(config.encoder, config.models), config.encoder.max_chunks]
    return digest([task.data.data_hash, encoder, config.ingest.categories, sorted(variant.enrichment)])


def _read_stamp(folder: Path) -> dict[str, str]:
    """Return hashes of the code that filled the home, and whether it was filled completely; {} without a home."""
    try:
        stamp: dict[str, str] = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp


def _write_stamp(folder: Path, stamp: dict[str, str]) -> None:
    (folder / STAMP).write_text(json.dumps(stamp), encoding="utf-8")


def _reset(folder: Path, task: Task) -> None:
    """Delete everything but cached vectors. A new folder gets those of the task, or of another home of its data."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif not path.name.startswith(VECTORS):
            path.unlink()
    if not (folder / VECTORS).exists():
        others = folder.parent.glob(f"{task.data.name}-*/{VECTORS}")
        source = task.vectors or max(others, key=lambda path: path.stat().st_size, default=None)
        if source is not None and source.exists():
            shutil.copyfile(source, folder / VECTORS)


def _ingest(
    home: Home,
    task: Task,
    variant: Variant,
    config: Config,
    encoder: Callable[[], Encoder],
    bars: Bars,
) -> None:
    bar = bars(f"ingesting {task.data.name}", len(task.videos))
    with home.writing("ingesting a data set"):
        load_encoder = cache(lambda: CachedEncoder(encoder, home.embeddings, home.encoder))
        default_enricher = DefaultEnricher(home.catalogue, load_encoder, config.ingest.categories)
        revision = 0
        for batch in _batches(task.videos, VIDEO_BATCH):
            home.catalogue.videos.put([_drop_enrichments(video, variant) for video in default_enricher.enrich(batch)])
            revision = embed(home, revision, load_encoder)
            bar(len(batch))
        home.catalogue.articles.put(task.articles)
        embed(home, revision, load_encoder)
    first_query = min((query.at for query in task.data.queries if query.at is not None), default=None)
    for events in _batches(task.past_events(), EVENT_BATCH):
        if first_query is not None:
            require_known(events, first_query)
        home.catalogue.events.add(events)


def _drop_enrichments(video: Video, variant: Variant) -> Video:
    """Return `video` with the enrichments of `variant` only."""
    full, names = video.enrichment, variant.enrichment
    enrichment = Enrichment(
        summary=full.summary if "summary" in names else None,
        category=full.category if "category" in names else None,
        tags=full.tags if "tags" in names else (),
        tags_made_by=full.tags_made_by if "tags" in names else None,
        rewritten_title=full.rewritten_title if "rewritten_title" in names else None,
    )
    return replace(video, enrichment=enrichment)


def _batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
