"""The queue of what waits for a language model, worked off one text after the other.

The writer lock is held only while answers are stored, so that an ingest can run meanwhile. Answers are also in the
model's cache: what a stopped run had asked, the next one gets without asking.
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

BATCH_S = 30.0  # between two times that answers are stored
BATCH = 32


@dataclass(frozen=True, slots=True)
class EnrichResult:
    """What a run did: texts enriched, of those the ones whose summary stays extractive, failures, seconds a text."""

    done: int
    extractive: int
    failures: tuple[Failure, ...]
    seconds_each: float
    made_by: str


@dataclass(frozen=True, slots=True)
class Records(Generic[R]):
    """Everything the queue needs of one kind of record."""

    step: str
    waiting: Callable[[str, bool], Iterator[str]]
    get: Callable[[Sequence[str]], Mapping[str, R]]
    text: Callable[[R], Text]
    merge: Callable[[R, Enrichment, str, bool], R]
    put: Callable[[Sequence[R]], Any]


def records_of(home: Home, kind: Kind) -> Records[Any]:
    """The records of `kind` in `home`."""
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


def work(
    home: Home,
    kind: Kind,
    enricher: Enricher,
    encoder: Callable[[], Encoder],
    *,
    refresh: bool = False,
    limit: int | None = None,
    progress: Progress | None = None,
) -> EnrichResult:
    """Enrich what waits, at most `limit` texts; `progress` gets how many are done and how many there are.

    An answer the model fails to give is a failure of that text, and the others go on. Raises `ModelFailed` where the
    first three texts get none, or any ten in a row, and `HomeLocked` where another process writes until the end; the
    answers are kept.
    """
    return _Run(home, records_of(home, kind), enricher, encoder, refresh).run(limit, progress)


@dataclass(slots=True)
class _Run(Generic[R]):
    home: Home
    records: Records[R]
    enricher: Enricher
    encoder: Callable[[], Encoder]
    refresh: bool
    pending: dict[str, tuple[R, Enriched, float]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    patience: FailureLimit = field(default_factory=FailureLimit)
    extractive: int = 0
    stored_at: float = field(default_factory=time.monotonic)

    def run(self, limit: int | None, progress: Progress | None) -> EnrichResult:
        ids = self._waiting()[:limit]
        began = time.perf_counter()
        done = 0
        try:
            for number, one in enumerate(ids, 1):
                done += self._one(one)
                if progress:
                    progress(number, len(ids))
                if len(self.pending) >= BATCH or time.monotonic() - self.stored_at > BATCH_S:
                    self._store_if_free()
        finally:
            self._store()
        each = (time.perf_counter() - began) / done if done else 0.0
        return EnrichResult(done, self.extractive, tuple(self.failures), each, self.enricher.made_by)

    def _waiting(self) -> list[str]:
        """What failed before comes last, so that a limit is not spent on the same failures in every run."""
        failed = {one.item for one in self.home.catalogue.steps.failures() if one.step == self.records.step}
        return sorted(self.records.waiting(self.enricher.made_by, self.refresh), key=failed.__contains__)

    def _one(self, one: str) -> bool:
        record = self.records.get([one]).get(one)
        if record is None:
            return False
        began = time.perf_counter()
        try:
            enriched = self.enricher.enrich(self.records.text(record))
        except ModelFailed as error:
            self.failures.append(Failure(one, str(error)))
            self.home.catalogue.steps.put(one, self.records.step, "failed", str(error))
            self.patience.failed(error)
            return False
        self.patience.answered()
        self.pending[one] = (record, enriched, time.perf_counter() - began)
        self.extractive += enriched.enrichment.summary is None
        return True

    def _store_if_free(self) -> None:
        try:
            self._store()
        except HomeLocked:
            self.stored_at = time.monotonic()  # an ingest is at it; what waits is kept in the model's cache, too

    def _store(self) -> None:
        if not self.pending:
            return
        by = self.enricher.made_by
        with self.home.writing("storing enrichments"):
            current = self.records.get(list(self.pending))
            fitting = {
                one: self.records.merge(current[one], enriched.enrichment, by, self.refresh)
                for one, (record, enriched, _) in self.pending.items()
                if one in current and source_text(current[one]) == source_text(record)
            }
            self.records.put(list(fitting.values()))
            deliver(self.home, self.encoder)
        for one in fitting:
            _, enriched, seconds = self.pending[one]
            self.home.catalogue.steps.put(one, self.records.step, "done", enriched.note, seconds)
        self.pending.clear()
        self.stored_at = time.monotonic()
