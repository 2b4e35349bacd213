"""Results of an ablation as one JSON document."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from shortlist.core.json_documents import notes_document
from shortlist.eval.data.statistics import describe
from shortlist.eval.finished_run import Cost
from shortlist.eval.metrics.scored_run import ScoredRun
from shortlist.eval.score_table import ScoreTable, to_score_table
from shortlist.eval.stats.effects import Effect, Slice, by_category, by_history, effects
from shortlist.eval.stats.significance import Comparison, Interval, bootstrap

DECIMALS = 6
Document = dict[str, Any]


def data_document(scored_runs: Sequence[ScoredRun], baseline: str, seed: int, missing: Mapping[str, str]) -> Document:
    """Return everything about one data set; `baseline` is the name of one of `scored_runs`.

    `missing` holds the reasons of variants that were not measured, by name. The metrics of `tested_metrics` have
    intervals and tests, all others only a mean.
    """
    tables = {scored_run.name: to_score_table(scored_run) for scored_run in scored_runs}
    first = next(scored_run for scored_run in scored_runs if scored_run.name == baseline)
    by_metric = {metric: effects(tables, baseline, metric, seed) for metric in tested_metrics(first)}
    variants = {
        scored_run.name: _variant(scored_run, tables, baseline, _effects_of(by_metric, scored_run.name), seed)
        for scored_run in scored_runs
    }
    document: Document = to_json(
        {
            "description": asdict(describe(first.task.data)),
            "primary": first.primary,
            "compared": tested_metrics(first),
            "variants": variants,
            "not_measured": dict(missing),
        }
    )
    return document


def tested_metrics(scored_run: ScoredRun) -> list[str]:
    """Return the metrics with significance tests: the primary one, and two that are commonly published."""
    return list(dict.fromkeys((scored_run.primary, "nDCG@10", "MRR" if "AUC" in scored_run.scores else "Recall@100")))


def _variant(
    scored_run: ScoredRun, tables: Mapping[str, ScoreTable], baseline: str, against: Mapping[str, Effect], seed: int
) -> Document:
    table, first, primary = tables[scored_run.name], tables[baseline], scored_run.primary
    finished = scored_run.finished
    return {
        "about": finished.variant.about,
        "queries": len(table.queries),
        "failed": dict(finished.run.failed),
        "metrics": scored_run.means,
        "intervals": {
            metric: _interval(bootstrap(table.scores[metric], seed)) for metric in tested_metrics(scored_run)
        },
        "against_baseline": {metric: effect_document(effect) for metric, effect in against.items()},
        "by_history": [slice_document(part) for part in by_history(table, first, primary, seed)],
        "by_category": [slice_document(part) for part in by_category(table, first, primary, seed)],
        "cost": cost_document(finished.cost),
        "hashes": finished.hashes,
        "tuned_on_this_data": finished.tuned_here,
        "notes": [
            {**document, "queries": queries}
            for document, queries in zip(notes_document(finished.notes), finished.notes.values(), strict=True)
        ],
    }


def cost_document(cost: Cost) -> Document:
    """Return the cost of a run. Times depend on the machine, and on its load during the run."""
    stages = {stage: _quantiles(ms) for stage, ms in cost.stage_ms.items()}
    return {
        "stage_ms": {"total": _quantiles(cost.total_ms), **stages},
        "model": cost.use.model,
        "calls": cost.use.calls,
        "cached_calls": cost.use.cached_calls,
        "prompt_tokens": cost.use.prompt_tokens,
        "output_tokens": cost.use.output_tokens,
        "core_seconds": round(cost.core_s, 3),
        "seconds": round(cost.wall_s, 3),
        "peak_memory_mb": round(cost.peak_mb, 1),
    }


def _effects_of(by_metric: Mapping[str, Mapping[str, Effect]], name: str) -> dict[str, Effect]:
    return {metric: by_variant[name] for metric, by_variant in by_metric.items() if name in by_variant}


def effect_document(effect: Effect) -> Document:
    """Return one metric's comparison with the baseline."""
    comparison: Comparison = effect.comparison
    return {
        "baseline": effect.baseline,
        "difference": _interval(comparison.difference),
        "p": comparison.p,
        "p_holm": effect.p_holm,
        "wins": comparison.wins,
        "ties": comparison.ties,
        "losses": comparison.losses,
    }


def slice_document(part: Slice) -> Document:
    """Return the scores of one slice of the queries."""
    return {"name": part.name, "mean": _interval(part.mean), "difference": _interval(part.difference)}


def _interval(interval: Interval) -> Document:
    return {"low": interval.low, "mean": interval.mean, "high": interval.high, "queries": interval.n}


def _quantiles(ms: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Document:
    if not ms.size:
        return {"p50": None, "p95": None}
    p50, p95 = np.quantile(ms, [0.5, 0.95]).tolist()
    return {"p50": round(p50, 3), "p95": round(p95, 3)}


def to_json(value: Any) -> Any:
    """Convert `value` for JSON: floats rounded to six decimals, None for NaN and infinity, keys as strings."""
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    return value
