"""Make a student of the language model: collect its judgements, train, compare, and promote what is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from shortlist.agent.rerank.metered_model import MeteredModel
from shortlist.agent.students.student import Student, load_student, save_weights
from shortlist.core.config import Config
from shortlist.core.errors import ModelFailed
from shortlist.core.progress import Bar, Bars
from shortlist.engine.build import encoder_of, language_model_of
from shortlist.eval.student_gate import judge_student
from shortlist.learning.student import versions
from shortlist.learning.student.distil import train, version_name, write_token_network
from shortlist.learning.student.fit import are_enough
from shortlist.learning.student.lists import JudgedList, ListMaker
from shortlist.learning.student.wishes import shown_wishes
from shortlist.learning.version_name import code_digest
from shortlist.models.llm.language_model import LanguageModel
from shortlist.models.students.token_network import TokenNetwork
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.caches.cached_encoder import CachedEncoder
from shortlist.store.home import Home

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Collected:
    """The judged lists, the name of the teacher, and its core-milliseconds a candidate; None if none was asked."""

    lists: list[JudgedList]
    teacher: str
    core_ms: float | None

    @property
    def training(self) -> list[JudgedList]:
        """The lists to train on."""
        return [one for one in self.lists if not one.held_out]

    @property
    def held_out(self) -> list[JudgedList]:
        """The lists to compare on."""
        return [one for one in self.lists if one.held_out]


def distil(
    home: Home,
    config: Config,
    hours: float,
    real_wishes: Sequence[str],
    bars: Bars,
    *,
    gate: bool,
    say: Say,
    model: Callable[[], LanguageModel] | None = None,
) -> dict[str, Any]:
    """Collect judged lists for `hours`, train a student on them and return its receipt, with its name as `version`.

    `real_wishes` come first, then those of readers in the log of exposures, then those that the model writes.
    Lists whose answers the home has cached are made again and cost little. With `gate`, the student is promoted if it
    is better than no rerank on the lists that were held out. A version that exists is not trained again. `model`
    replaces the configured language model. Raises `ModelMissing` or `ModelFailed` without a
    language model.
    """
    collected = collect(home, config, hours, real_wishes, bars, say, model)
    name = version_name(collected.lists, code_digest())
    students = versions.registry(home.path)
    if name not in students.names():
        folder = students.new_folder(name)
        started = process_time()
        student = _train(config, collected.training, folder, bars)
        seconds = process_time() - started
        verdict = _judge(collected, student, config, bars) if gate else None
        students.add(name, folder, _receipt(collected, seconds, verdict))
        if verdict and verdict["promoted"]:
            versions.promote(home.path, name, verdict["why"])
    return {"version": name, **students.receipt(name)}


def _train(config: Config, training: Sequence[JudgedList], folder: Path, bars: Bars) -> Student:
    write_token_network(folder, config.encoder, config.models)
    network = TokenNetwork(folder, config.encoder.threads)
    save_weights(folder, train(training, network, bars("training", len(training))))
    return load_student(folder, config.encoder.threads)


def _receipt(collected: Collected, seconds: float, verdict: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "teacher": collected.teacher,
        "fitted": are_enough(collected.training),
        "lists": {
            "trained": len(collected.training),
            "held_out": len(collected.held_out),
            "candidates": sum(len(one.teacher) for one in collected.training),
        },
        "cpu_seconds": round(seconds, 1),
        "gate": verdict,
    }


def collect(
    home: Home,
    config: Config,
    hours: float,
    real_wishes: Sequence[str],
    bars: Bars,
    say: Say,
    model: Callable[[], LanguageModel] | None = None,
) -> Collected:
    """Make judged lists until `hours` are over. The list in progress is finished, so one new list at least is made.

    For 0 hours the model is asked nothing: the lists are those that it has judged before, up to the first it has not.
    `say` is given what a list costs on this machine, once one was judged.
    """
    ask = hours > 0
    if ask:
        say(f"the language model is asked for up to {hours:g} hours; you can stop and go on, its answers are kept")
    snapshot, load = load_snapshot(home, config.retrieval), model or language_model_of(home, config, ask=ask)
    metered = MeteredModel(load)
    maker = ListMaker(
        home.catalogue,
        snapshot,
        build_retriever(snapshot, config.retrieval),
        CachedEncoder(encoder_of(config), home.embeddings, home.encoder),
        metered,
        config.rerank,
    )
    teacher = metered.name  # loads the model before the clock starts
    clock = _Clock(hours, bars("judging, seconds", max(1, round(hours * 3600))))
    lists: list[JudgedList] = []
    wishes = [*real_wishes, *shown_wishes(home.catalogue.exposures)]
    with nullcontext() if ask else suppress(ModelFailed):
        for made in maker.lists(wishes, lambda: clock.goes_on(metered.use.calls)):
            lists.append(made)
            clock.judged(metered.use.calls, len(made.teacher), say)
    return Collected(lists, teacher, clock.core_ms)


class _Clock:
    """The time of a collection, and what an answer costs. `core_ms` is None before a question reached the model."""

    def __init__(self, hours: float, bar: Bar) -> None:
        self._end, self._bar = monotonic() + hours * 3600, bar
        self._wall, self._cpu, self._calls = monotonic(), process_time(), 0
        self._wall_s = self._cpu_s = 0.0
        self.core_ms: float | None = None

    def goes_on(self, calls: int) -> bool:
        """Return whether there is time for another list, after `calls` questions that reached the model."""
        return calls == 0 or monotonic() < self._end

    def judged(self, calls: int, candidates: int, say: Say) -> None:
        """Count a list of `candidates`, and say its cost if it is the first that reached the model."""
        wall, cpu = monotonic(), process_time()
        self._bar(round(wall - self._wall))
        if calls > self._calls:
            self._wall_s, self._cpu_s = self._wall_s + wall - self._wall, self._cpu_s + cpu - self._cpu
            if self.core_ms is None:
                lists = max(0.0, self._end - wall) / self._wall_s
                say(f"a list of {candidates} candidates took {self._wall_s:,.0f} s: about {lists:,.0f} more fit")
            self.core_ms = self._cpu_s * 1000 / calls
        self._wall, self._cpu, self._calls = wall, cpu, calls


def _judge(collected: Collected, student: Student, config: Config, bars: Bars) -> dict[str, Any]:
    held_out, scores, started = collected.held_out, {}, process_time()
    bar = bars("comparing", len(held_out))
    for one in held_out:
        values = student.score(one.wish, list(one.texts.values())).tolist()
        scores[one.wish] = dict(zip(one.teacher, values, strict=True))
        bar(1)
    candidates = sum(len(one.teacher) for one in held_out)
    ms = {"student": (process_time() - started) * 1000 * config.rerank.depth / max(1, candidates)}
    if collected.core_ms is not None:
        ms["teacher"] = collected.core_ms * config.rerank.depth
    return judge_student(held_out, lambda one: scores[one.wish], ms, config.rerank, config.eval.seed).document()
