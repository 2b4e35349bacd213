"""What a server counts and times, in the format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from shortlist.core.notes import Note, NoteCode
from shortlist.core.ranking import Answer
from shortlist.models.llm.language_model import ChoiceScores, Completion

FORMAT = CONTENT_TYPE_LATEST
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# Notes on answers to which the language model did not add its part.
FALLBACKS: frozenset[NoteCode] = frozenset({"no-model", "model-failed", "out-of-time", "model-late", "model-busy"})


class Metrics:
    """One set of counters; every server has its own.

    `folder` is where prometheus_client, told by its own variable of the environment, keeps them for several processes.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "shortlist_requests", "Requests answered.", ("route", "method", "status"), registry=self._registry
        )
        self.request_seconds = Histogram(
            "shortlist_request_seconds", "Time to answer.", ("route",), buckets=SECONDS, registry=self._registry
        )
        self._stages = Histogram(
            "shortlist_stage_seconds", "Time of a stage.", ("stage",), buckets=SECONDS, registry=self._registry
        )
        self._model_calls = Counter(
            "shortlist_model_calls", "Questions to the language model.", ("source",), registry=self._registry
        )
        self._tokens = Counter("shortlist_model_prompt_tokens", "Tokens it read.", registry=self._registry)
        self._fallbacks = Counter(
            "shortlist_fallbacks",
            "Answers without the language model's due part.",
            ("reason",),
            registry=self._registry,
        )
        self.answers = Counter(
            "shortlist_answers", "Recommendations, made or kept.", ("source",), registry=self._registry
        )
        self.taken = Counter(
            "shortlist_taken", "Events and videos received.", ("kind", "status"), registry=self._registry
        )

        self.inside = self._sum("requests_inside", "Requests being answered.")
        self._running = self._sum("llm_running", "Requests that ask the language model.")
        self._waiting = self._sum("llm_waiting", "Requests that wait for it.")
        self._read: list[tuple[Gauge, Callable[[], float]]] = []

    def gauge(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """A number that is alike in all processes of a server, and read when the metrics are."""
        gauge = Gauge(f"shortlist_{name}", meaning, registry=self._registry, multiprocess_mode="mostrecent")
        self._read.append((gauge, value))

    def llm_queue(self, running: int, waiting: int) -> None:
        """Set how many requests of this process ask the language model, and how many wait for it."""
        self._running.set(running)
        self._waiting.set(waiting)

    def observe(self, answer: Answer) -> None:
        """Count what the stages of an answer took."""
        for stage, ms in answer.timings_ms.items():
            self._stages.labels(stage).observe(ms / 1000)

    def asked(self, answer: Completion | ChoiceScores) -> None:
        """Count an answer of the language model."""
        self._model_calls.labels("kept" if answer.cached else "asked").inc()
        if not answer.cached:
            self._tokens.inc(answer.prompt_tokens)

    def count_fallbacks(self, notes: Iterable[Note]) -> None:
        """Count the notes that are fallbacks, by code."""
        for note in notes:
            if note.code in FALLBACKS:
                self._fallbacks.labels(note.code).inc()

    def page(self) -> bytes:
        """All of it, as Prometheus reads it: of all processes of this server where there are several."""
        for gauge, value in self._read:
            gauge.set(value())
        if self._folder is None:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone, str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(everyone)

    def _sum(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"shortlist_{name}", meaning, registry=self._registry, multiprocess_mode="livesum")
