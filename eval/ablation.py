"""Many variants on many data sets, against one baseline: measured, written down, and read again for a comparison."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shortlist.core.config import Config
from shortlist.core.errors import ConfigError, ServiceError, UsageError
from shortlist.eval.data.trec_files import write_qrels, write_run
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
    """What an ablation measures. `baseline` is the name of one of `variants`; `out` takes what it writes."""

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


def ablate(plan: Plan, config: Config, parts: Factories, bars: Bars = no_bars) -> list[list[Outcome]]:
    """The outcomes of every variant, by data set. What is there after each data set is complete for it.

    A variant whose model or package is not to be had is left out, and the report says why. Raises as `run_variant`;
    `UsageError` where `out` cannot be written.
    """
    for name in (RUNS, QRELS, SCORES):
        _make(plan.out / name)
    found: list[list[Outcome]] = []
    documents: dict[str, Document] = {}
    for task in plan.tasks:
        outcomes, missing = _measured(plan, Session(task, config, parts, bars))
        found.append(outcomes)
        documents[task.data.name] = data_document(outcomes, plan.baseline, config.eval.seed, missing)
        _write(plan, config, outcomes, documents)
    return found


def _measured(plan: Plan, session: Session) -> tuple[list[Outcome], dict[str, str]]:
    """The outcomes of all variants that suit the data, and why those are missing whose model or package is."""
    data, outcomes, missing = session.task.data, [], {}
    samples = {variant.name: variant.sample or len(data.queries) for variant in plan.variants}
    for variant in plan.variants:
        if not variant.suits(data.kind) and variant.name != plan.baseline:
            continue
        queries = min(len(data.queries), samples[variant.name], samples[plan.baseline])  # nothing to compare beyond it
        try:
            outcomes.append(session.measure(variant, queries))
        except ServiceError as error:
            if variant.name == plan.baseline:
                raise
            missing[variant.name] = str(error)
    return outcomes, missing


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
