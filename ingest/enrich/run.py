"""Enrich pending records with a language model, one after the other.

The writer lock is held only while results are stored, so an ingest can run at the same time. The home also caches the
model's answers, so a run that was stopped repeats no model call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from shortlist.core.errors import HomeLocked, ModelFailed
from shortlist.core.types import Article, Enrichment, Video
from shortlist.ingest.default_enrichment import ENRICH_ARTICLE, ENRICH_VIDEO, source_text
from shortlist.ingest.enrich import pending
from shortlist.ingest.enrich.enricher import Enriched, Enricher, Text
from shortlist.ingest.enrich.failure_limit import FailureLimit
from shortlist.ingest.tables.rows import Failure
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

R = TypeVar("R", Video, Article)
Kind = Literal["videos", "articles"]
Progress = Callable[[int, int], None]

STORE_EVERY_S = 30.0
BATCH = 32


@dataclass(frozen=True, slots=True)
class EnrichResult:
    """The result of a run: records enriched, how many of them keep an extractive summary, failures, seconds each."""

    done: int
    extractive: int
    failures: tuple[Failure, ...]
    seconds_each: float
    made_by: str


@dataclass(frozen=True, slots=True)
class Records(Generic[R]):
    """The operations on one kind of record that the queue needs."""

    step: str
    pending: Callable[[str, bool], Iterator[str]]
    get: Callable[[Sequence[str]], Mapping[str, R]]
    text: Callable[[R], Text]
    merge: Callable[[R, Enrichment, str, bool], R]
    put: Callable[[Sequence[R]], Any]


def records_of(home: Home, kind: Kind) -> Records[Any]:
    """Return the operations on the records of `kind` in `home`."""
    store = home.catalogue
    if kind == "videos":
        return Records(
            ENRICH_VIDEO, lambda by, refresh: pending.pending_videos(store, by, refresh), store.videos.get_many,
            pending.text_of_video, pending.enriched_video, store.videos.put,
        )  # fmt: skip
    return Records(
        ENRICH_ARTICLE, lambda by, refresh: pending.pending_articles(store, by, refresh), store.articles.get_many,
        pending.text_of_article, pending.enriched_article, store.articles.put,
    )  # fmt: skip


def enrich_pending(
    home: Home,
    kind: Kind,
    enricher: Enricher,
    encoder: Callable[[], Encoder],
    *,
    refresh: bool = False,
    limit: int | None = None,
    progress: Progress | None = None,
) -> EnrichResult:
    """Enrich the pending records, at most `limit`. `progress` gets the number done and the total.

    A record for which the model fails is listed as a failure and the others go on. Raises `ModelFailed` if the first
    three records fail, or any ten in a row, and `HomeLocked` if another process writes until the end; the model's
    answers stay in the cache.
    """
    return _Run(home, records_of(home, kind), enricher, encoder, refresh).run(limit, progress)


@dataclass(slots=True)
class _Run(Generic[R]):
    home: Home
    records: Records[R]
    enricher: Enricher
    encoder: Callable[[], Encoder]
    refresh: bool
    unsaved: dict[str, tuple[R, Enriched, float]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    failure_limit: FailureLimit = field(default_factory=FailureLimit)
    extractive: int = 0
    stored_at: float = field(default_factory=time.monotonic)

    def run(self, limit: int | None, progress: Progress | None) -> EnrichResult:
        ids = self._pending_ids()[:limit]
        began = time.perf_counter()
        done = 0
        try:
            for number, record_id in enumerate(ids, 1):
                done += self._enrich(record_id)
                if progress:
                    progress(number, len(ids))
                if len(self.unsaved) >= BATCH or time.monotonic() - self.stored_at > STORE_EVERY_S:
                    self._store_if_free()
        finally:
            self._store()
        each = (time.perf_counter() - began) / done if done else 0.0
        return EnrichResult(done, self.extractive, tuple(self.failures), each, self.enricher.made_by)

    def _pending_ids(self) -> list[str]:
        """Return pending ids. Earlier failures come last, so that a limit is not spent on them in every run."""
        failed = {entry.item for entry in self.home.catalogue.steps.failures() if entry.step == self.records.step}
        return sorted(self.records.pending(self.enricher.made_by, self.refresh), key=failed.__contains__)

    def _enrich(self, record_id: str) -> bool:
        record = self.records.get([record_id]).get(record_id)
        if record is None:
            return False
        began = time.perf_counter()
        try:
            enriched = self.enricher.enrich(self.records.text(record))
        except ModelFailed as error:
            self.failures.append(Failure(record_id, str(error), error.code))
            self.home.catalogue.steps.put(record_id, self.records.step, "failed", str(error), cause=error.code)
            self.failure_limit.failure(error)
            return False
        self.failure_limit.success()
        self.unsaved[record_id] = (record, enriched, time.perf_counter() - began)
        self.extractive += enriched.enrichment.summary is None
        return True

    def _store_if_free(self) -> None:
        try:
            self._store()
        except HomeLocked:
            self.stored_at = time.monotonic()  # an ingest is running: try again later

    def _store(self) -> None:
        if not self.unsaved:
            return
        by = self.enricher.made_by
        with self.home.writing("storing enrichments"):
            current = self.records.get(list(self.unsaved))
            merged = {
                record_id: self.records.merge(current[record_id], enriched.enrichment, by, self.refresh)
                for record_id, (record, enriched, _) in self.unsaved.items()
                if record_id in current and source_text(current[record_id]) == source_text(record)  # else it changed
            }
            self.records.put(list(merged.values()))
            deliver(self.home, self.encoder)
        for record_id in merged:
            _, enriched, seconds = self.unsaved[record_id]
            self.home.catalogue.steps.put(record_id, self.records.step, "done", enriched.note, seconds)
        self.unsaved.clear()
        self.stored_at = time.monotonic()
