"""Measure many variants on many data sets against one baseline, and write the results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shortlist.core.config import Config
from shortlist.core.errors import ConfigError, ServiceError, UsageError
from shortlist.core.progress import Bars, no_bars
from shortlist.eval.cost_estimate import CostEstimate, calls_model, estimate_cost
from shortlist.eval.data.trec_files import write_qrels, write_run
from shortlist.eval.evaluator import Evaluator
from shortlist.eval.factories import Factories
from shortlist.eval.metrics.scored_run import ScoredRun
from shortlist.eval.report.html import html_report
from shortlist.eval.report.markdown import markdown_report
from shortlist.eval.report.results import Document, data_document
from shortlist.eval.score_table import to_score_table, write_table
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant

RUNS, QRELS, SCORES, RESULTS = "runs", "qrels", "scores", "results.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """An ablation to run. `baseline` is the name of one of `variants`; `out` is the folder for all results.

    Raises `ConfigError` if the baseline is not among the variants, `UsageError` if two data sets have the same name.
    """

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
                "two data sets with the same name",
                expected="another kind or last folder for each, because files are named after them",
                found=", ".join(names),
                remedy="measure them one by one, or rename a folder",
            )

    def runs(self, task: Task) -> list[tuple[Variant, int]]:
        """Return the variants that apply to `task`, each with its number of queries.

        The baseline is first, then the variants without a language model, then the others.
        """
        total = len(task.data.queries)
        samples = {variant.name: variant.sample or total for variant in self.variants}
        chosen = [
            variant for variant in self.variants if variant.applies_to(task.data.kind) or variant.name == self.baseline
        ]
        # Queries outside the baseline's sample cannot be compared with it.
        runs = [(variant, min(total, samples[variant.name], samples[self.baseline])) for variant in chosen]
        return sorted(runs, key=lambda run: (run[0].name != self.baseline, calls_model(run[0])))

    def estimates(self, config: Config) -> list[CostEstimate]:
        """Return the cost of every run that may call a language model."""
        return [
            estimate_cost(variant, task, queries, config)
            for task in self.tasks
            for variant, queries in self.runs(task)
            if calls_model(variant)
        ]


def ablate(
    plan: Plan,
    config: Config,
    factories: Factories,
    bars: Bars = no_bars,
    say: Callable[[str], None] = lambda line: None,
) -> list[list[ScoredRun]]:
    """Measure every variant on every data set, and return the scored runs by data set.

    Variants without a language model run first. The report is written after them and after each variant with a model,
    so an interrupted ablation leaves a readable report. Before a variant with a model, `say` gets its cost on this
    machine, measured on one query. A variant whose model or package is missing is left out, with the reason in the
    report. Raises as `run_variant`, and `UsageError` if `out` cannot be written.
    """
    for name in (RUNS, QRELS, SCORES):
        _make_folder(plan.out / name)
    by_data: list[list[ScoredRun]] = []
    documents: dict[str, Document] = {}
    for task in plan.tasks:
        scored_runs: list[ScoredRun] = []
        for scored_runs, missing in _measure(plan, Evaluator(task, config, factories, bars), config, say):
            documents[task.data.name] = data_document(scored_runs, plan.baseline, config.eval.seed, missing)
            _write(plan, config, scored_runs, documents)
        by_data.append(scored_runs)
    return by_data


def _measure(
    plan: Plan, evaluator: Evaluator, config: Config, say: Callable[[str], None]
) -> Iterator[tuple[list[ScoredRun], dict[str, str]]]:
    """Yield the scored runs so far, and the reasons of missing variants by name.

    Yields after the runs without a model together, and after each run with one.
    """
    scored_runs: list[ScoredRun] = []
    missing: dict[str, str] = {}
    runs = plan.runs(evaluator.task)
    n_without_model = sum(not calls_model(variant) for variant, _ in runs)
    for number, (variant, queries) in enumerate(runs, 1):
        try:
            if calls_model(variant):
                expected = estimate_cost(variant, evaluator.task, queries, config)
                minutes = expected.minutes(evaluator.measure(variant, 1).finished.cost)
                say(f"{expected}, about {minutes:,.1f} minutes on this machine")
            scored_runs.append(evaluator.measure(variant, queries))
        except ServiceError as error:
            if variant.name == plan.baseline:
                raise
            missing[variant.name] = str(error)
        if number >= n_without_model:
            yield list(scored_runs), dict(missing)


def _write(plan: Plan, config: Config, scored_runs: Sequence[ScoredRun], documents: dict[str, Document]) -> None:
    data = scored_runs[0].task.data
    for scored_run in scored_runs:
        name = f"{data.name}.{scored_run.name}"
        write_run(plan.out / RUNS / f"{name}.run", scored_run.finished.run.rankings, scored_run.name)
        write_table(plan.out / SCORES / f"{name}.csv", to_score_table(scored_run))
    write_qrels(plan.out / QRELS / f"{data.name}.qrels", data.qrels)
    results = {"baseline": plan.baseline, "seed": config.eval.seed, "data": documents}
    (plan.out / RESULTS).write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (plan.out / "report.md").write_text(markdown_report(results), encoding="utf-8")
    (plan.out / "report.html").write_text(html_report(results), encoding="utf-8")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        found = error.strerror or str(error)
        raise UsageError(f"cannot write {folder}", expected="a folder", found=found, remedy="correct --out") from error


def read_results(folder: Path) -> dict[str, Any]:
    """Read the results of an earlier ablation. Raises `UsageError` if `folder` has none."""
    try:
        results: dict[str, Any] = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        expected = "a folder written by `shortlist eval ablation --out`"
        raise UsageError(
            f"no results in {folder}", expected=expected, found=str(error), remedy="correct the path"
        ) from error
    return results
