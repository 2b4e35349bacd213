"""Many variants on many data sets, against one baseline: measured, written down, and read again for a comparison."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shortlist.core.config import Config
from shortlist.core.errors import ConfigError, ServiceError, UsageError
from shortlist.eval.data.trec_files import write_qrels, write_run
from shortlist.eval.estimate import Estimate, asks_model, estimate
from shortlist.eval.factories import Factories
from shortlist.eval.metrics.outcome import Outcome
from shortlist.eval.progress import Bars, no_bars
from shortlist.eval.report.html import html_report
from shortlist.eval.report.markdown import markdown_report
from shortlist.eval.report.results import Document, data_document
from shortlist.eval.session import Session
from shortlist.eval.table import table_of, write_table
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant

RUNS, QRELS, SCORES, RESULTS = "runs", "qrels", "scores", "results.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """An ablation to run. `baseline` is the name of one of `variants`; `out` is the folder for all results."""

    tasks: Sequence[Task]
    variants: Sequence[Variant]
    baseline: str
    out: Path

    def __post_init__(self) -> None:
        if self.baseline not in [variant.name for variant in self.variants]:
            raise ConfigError(
                "the baseline is not measured",
                expected=f"one of {', '.join(variant.name for variant in self.variants)}",
                found=repr(self.baseline),
                remedy="add it to the variants, or choose another with --baseline",
            )
        names = [task.data.name for task in self.tasks]
        if len(set(names)) < len(names):
            raise UsageError(
                "two data sets of one name",
                expected="each kind and last folder once, for files are named by them",
                found=", ".join(names),
                remedy="measure them one by one, or rename a folder",
            )

    def runs(self, task: Task) -> list[tuple[Variant, int]]:
        """The variants that suit `task`, each with its number of queries: cheap ones first, then those with a model."""
        total = len(task.data.queries)
        samples = {variant.name: variant.sample or total for variant in self.variants}
        suited = [one for one in self.variants if one.suits(task.data.kind) or one.name == self.baseline]
        # Beyond the baseline's sample there is nothing to compare with.
        runs = [(one, min(total, samples[one.name], samples[self.baseline])) for one in suited]
        return sorted(runs, key=lambda run: (run[0].name != self.baseline, asks_model(run[0])))

    def estimates(self, config: Config) -> list[Estimate]:
        """The cost of every run that may ask a language model."""
        return [
            estimate(variant, task, queries, config)
            for task in self.tasks
            for variant, queries in self.runs(task)
            if asks_model(variant)
        ]


def ablate(
    plan: Plan, config: Config, parts: Factories, bars: Bars = no_bars, say: Callable[[str], None] = lambda line: None
) -> list[list[Outcome]]:
    """Measure every variant on every data set; return the outcomes by data set.

    Variants without a language model run first. The report is written after them and after each variant with one, so
    an interrupted ablation leaves a readable report. Before the first query of a variant with a model, `say` gets its
    cost on this machine, measured on one query. A variant whose model or package is missing is left out, and the
    report says why. Raises as `run_variant`; `UsageError` where `out` cannot be written.
    """
    for name in (RUNS, QRELS, SCORES):
        _make(plan.out / name)
    found: list[list[Outcome]] = []
    documents: dict[str, Document] = {}
    for task in plan.tasks:
        outcomes: list[Outcome] = []
        for outcomes, missing in _measured(plan, Session(task, config, parts, bars), config, say):
            documents[task.data.name] = data_document(outcomes, plan.baseline, config.eval.seed, missing)
            _write(plan, config, outcomes, documents)
        found.append(outcomes)
    return found


def _measured(
    plan: Plan, session: Session, config: Config, say: Callable[[str], None]
) -> Iterator[tuple[list[Outcome], dict[str, str]]]:
    """Yield the outcomes so far and the reasons of missing variants: after the cheap runs, and after each other one."""
    outcomes: list[Outcome] = []
    missing: dict[str, str] = {}
    runs = plan.runs(session.task)
    n_cheap = sum(not asks_model(variant) for variant, _ in runs)
    for number, (variant, queries) in enumerate(runs, 1):
        try:
            if asks_model(variant):
                expected = estimate(variant, session.task, queries, config)
                minutes = expected.minutes(session.measure(variant, 1).finished.cost)
                say(f"{expected}, about {minutes:,.1f} minutes on this machine")
            outcomes.append(session.measure(variant, queries))
        except ServiceError as error:
            if variant.name == plan.baseline:
                raise
            missing[variant.name] = str(error)
        if number >= n_cheap:
            yield list(outcomes), dict(missing)


def _write(plan: Plan, config: Config, outcomes: Sequence[Outcome], documents: dict[str, Document]) -> None:
    data = outcomes[0].task.data
    for outcome in outcomes:
        name = f"{data.name}.{outcome.name}"
        write_run(plan.out / RUNS / f"{name}.run", outcome.finished.run.rankings, outcome.name)
        write_table(plan.out / SCORES / f"{name}.csv", table_of(outcome))
    write_qrels(plan.out / QRELS / f"{data.name}.qrels", data.qrels)
    results = {"baseline": plan.baseline, "seed": config.eval.seed, "data": documents}
    (plan.out / RESULTS).write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (plan.out / "report.md").write_text(markdown_report(results), encoding="utf-8")
    (plan.out / "report.html").write_text(html_report(results), encoding="utf-8")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        found = error.strerror or str(error)
        raise UsageError(f"cannot write {folder}", expected="a folder", found=found, remedy="correct --out") from error


def read_results(folder: Path) -> dict[str, Any]:
    """The results of an earlier ablation. Raises `UsageError` where there are none."""
    try:
        results: dict[str, Any] = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        expected = "a folder written by `shortlist eval ablation --out`"
        raise UsageError(f"no results in {folder}", expected=expected, found=str(error), remedy="correct it") from error
    return results
