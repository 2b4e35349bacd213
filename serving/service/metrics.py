"""Prometheus metrics of a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from shortlist.core.notes import Note, NoteCode
from shortlist.core.ranking import Answer
from shortlist.models.llm.language_model import ChoiceScores, Completion

FORMAT = CONTENT_TYPE_LATEST
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# Codes of the notes on answers that should have used the language model but did not.
FALLBACKS: frozenset[NoteCode] = frozenset({"no-model", "model-failed", "out-of-time", "model-late", "model-busy"})


class Metrics:
    """The metrics of one server.

    `folder` is the value of `PROMETHEUS_MULTIPROC_DIR`, through which the metrics of several processes are added up;
    None for a server of one process.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "shortlist_requests",
            "Requests that got a response.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self.request_seconds = Histogram(
            "shortlist_request_seconds", "Duration of requests.", ("route",), buckets=SECONDS, registry=self._registry
        )
        self._stages = Histogram(
            "shortlist_stage_seconds",
            "Duration of a stage.",
            ("stage",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._model_calls = Counter(
            "shortlist_model_calls", "Calls of the language model.", ("source",), registry=self._registry
        )
        self._tokens = Counter(
            "shortlist_model_prompt_tokens", "Prompt tokens of these calls.", registry=self._registry
        )
        self._fallbacks = Counter(
            "shortlist_fallbacks",
            "Answers that should have used the language model but did not.",
            ("reason",),
            registry=self._registry,
        )
        self.answers = Counter(
            "shortlist_answers",
            "Recommendations, made or from the cache (kept).",
            ("source",),
            registry=self._registry,
        )
        self.taken = Counter(
            "shortlist_taken", "Events and videos received.", ("kind", "status"), registry=self._registry
        )
        self._exposures = Counter(
            "shortlist_exposures", "Answers recorded, or lost.", ("status",), registry=self._registry
        )

        self.in_progress = self._sum("requests_inside", "Requests in progress.")
        self._running = self._sum("llm_running", "Requests that call the language model.")
        self._waiting = self._sum("llm_waiting", "Requests that wait for the language model.")
        self._gauges: list[tuple[Gauge, Callable[[], float]]] = []
        self._collectors: list[Collector] = []

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Add a gauge that calls `value` when metrics are read. It must be equal in all processes of a server."""
        gauge = Gauge(f"shortlist_{name}", description, registry=self._registry, multiprocess_mode="mostrecent")
        self._gauges.append((gauge, value))

    def add(self, collector: Collector) -> None:
        """Add metrics that are read when metrics are. They must be equal in all processes of a server."""
        self._collectors.append(collector)
        if self._folder is None:
            self._registry.register(collector)

    def llm_queue(self, running: int, waiting: int) -> None:
        """Set the numbers of requests of this process that call the language model, and that wait for it."""
        self._running.set(running)
        self._waiting.set(waiting)

    def observe(self, answer: Answer) -> None:
        """Record the duration of each stage of an answer."""
        for stage, ms in answer.timings_ms.items():
            self._stages.labels(stage).observe(ms / 1000)

    def observe_completion(self, completion: Completion | ChoiceScores) -> None:
        """Count a call of the language model and its prompt tokens."""
        self._model_calls.labels("kept" if completion.cached else "asked").inc()
        if not completion.cached:
            self._tokens.inc(completion.prompt_tokens)

    def count_fallbacks(self, notes: Iterable[Note]) -> None:
        """Count those of `notes` whose code is in `FALLBACKS`."""
        for note in notes:
            if note.code in FALLBACKS:
                self._fallbacks.labels(note.code).inc()

    def count_exposures(self, status: str, number: int) -> None:
        """Count answers whose exposure was "stored" or "lost"."""
        self._exposures.labels(status).inc(number)

    def export(self) -> bytes:
        """Return the metrics of all processes of the server in the text format of Prometheus."""
        for gauge, value in self._gauges:
            gauge.set(value())
        if self._folder is None:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        for collector in self._collectors:
            registry.register(collector)
        return generate_latest(registry)

    def _sum(self, name: str, description: str) -> Gauge:
        return Gauge(f"shortlist_{name}", description, registry=self._registry, multiprocess_mode="livesum")
