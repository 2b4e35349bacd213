"""The results of an ablation as one JSON document."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from shortlist.core.json_documents import notes_document
from shortlist.eval.data.describe import describe
from shortlist.eval.metrics.outcome import Outcome
from shortlist.eval.run_cache import Cost
from shortlist.eval.stats.effects import Effect, Slice, by_category, by_history, effects
from shortlist.eval.stats.significance import Comparison, Interval, bootstrap
from shortlist.eval.table import Table, table_of

DECIMALS = 6
Document = dict[str, Any]


def data_document(outcomes: Sequence[Outcome], baseline: str, seed: int, missing: Mapping[str, str]) -> Document:
    """Everything about one data set; `outcomes` are those of its variants, and `baseline` is the name of one of them.

    `missing` says why other variants were not measured. Intervals and tests are for the metrics that `compared` gives;
    of all others there is the mean.
    """
    tables = {outcome.name: table_of(outcome) for outcome in outcomes}
    first = next(outcome for outcome in outcomes if outcome.name == baseline)
    found = {metric: effects(tables, baseline, metric, seed) for metric in compared(first)}
    variants = {
        outcome.name: _variant(outcome, tables, baseline, _of(found, outcome.name), seed) for outcome in outcomes
    }
    document: Document = plain(
        {
            "description": asdict(describe(first.task.data)),
            "primary": first.primary,
            "compared": compared(first),
            "variants": variants,
            "not_measured": dict(missing),
        }
    )
    return document


def compared(outcome: Outcome) -> list[str]:
    """The metrics that are tested: the one that decides, and two that others publish."""
    return list(dict.fromkeys((outcome.primary, "nDCG@10", "MRR" if "AUC" in outcome.scores else "Recall@100")))


def _variant(
    outcome: Outcome, tables: Mapping[str, Table], baseline: str, against: Mapping[str, Effect], seed: int
) -> Document:
    table, first, primary = tables[outcome.name], tables[baseline], outcome.primary
    finished = outcome.finished
    return {
        "about": finished.variant.about,
        "queries": len(table.queries),
        "failed": dict(finished.run.failed),
        "metrics": outcome.means,
        "intervals": {metric: _interval(bootstrap(table.scores[metric], seed)) for metric in compared(outcome)},
        "against_baseline": {metric: effect_document(effect) for metric, effect in against.items()},
        "by_history": [slice_document(one) for one in by_history(table, first, primary, seed)],
        "by_category": [slice_document(one) for one in by_category(table, first, primary, seed)],
        "cost": cost_document(finished.cost),
        "hashes": finished.hashes,
        "tuned_on_this_data": finished.tuned_here,
        "notes": [
            {**document, "queries": queries}
            for document, queries in zip(notes_document(finished.notes), finished.notes.values(), strict=True)
        ],
    }


def cost_document(cost: Cost) -> Document:
    """What a run took. Times are of the machine it ran on, and of whatever else it was doing."""
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


def _of(found: Mapping[str, Mapping[str, Effect]], name: str) -> dict[str, Effect]:
    return {metric: of_metric[name] for metric, of_metric in found.items() if name in of_metric}


def effect_document(effect: Effect) -> Document:
    """One metric against the baseline."""
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


def slice_document(one: Slice) -> Document:
    """One slice of the queries."""
    return {"name": one.name, "mean": _interval(one.mean), "difference": _interval(one.difference)}


def _interval(interval: Interval) -> Document:
    return {"low": interval.low, "mean": interval.mean, "high": interval.high, "queries": interval.n}


def _quantiles(ms: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Document:
    if not ms.size:
        return {"p50": None, "p95": None}
    p50, p95 = np.quantile(ms, [0.5, 0.95]).tolist()
    return {"p50": round(p50, 3), "p95": round(p95, 3)}


def plain(value: Any) -> Any:
    """`value` as JSON has it: numbers to six decimals, null for what is undefined, text keys."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    return value
