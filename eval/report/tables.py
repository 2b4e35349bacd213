"""The tables of a report as rows of text, for Markdown and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

SIGNIFICANT = 0.05
BEYOND_ACCURACY = ("ILD", "Novelty", "Coverage", "Gini")
TUNED = "tuned on this very data"


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table with a title, the names of its columns, and its rows. `note` explains how to read it."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def report_tables(data: Document, baseline: str) -> list[ReportTable]:
    """Return all tables of one data set that have rows."""
    tables = [_quality(data), _against(data, baseline), *_slices(data, baseline), _lists(data), _cost(data)]
    return [table for table in tables if table.rows]


def data_facts(data: Document) -> list[str]:
    """Return lines that describe the data set: its size, judgements, histories, notes and hash."""
    stats = data["description"]
    queries = f"{stats['queries']:,} queries" + (f" of {stats['readers']:,} readers" if stats["readers"] else "")
    ranked = "the whole catalogue is ranked"
    if stats["judged_candidates"] is not None:
        median, judged = stats["candidates"]["median"], stats["judged_candidates"]
        ranked = f"{median:,.0f} candidates a query (median), {judged:.0%} judged"
    lines = [
        f"{stats['items']:,} items, {queries}, {stats['judgements']:,} judgements; {ranked}",
        f"{stats['relevant']['mean']:.2f} relevant items a query (mean, of {stats['judged']['mean']:.1f} judged)",
    ]
    if stats["history"]["most"]:
        spread = stats["history"]
        lines.append(f"histories of {spread['least']} to {spread['most']} items, median {spread['median']:g}")
    return [*lines, *stats["notes"], f"hash {stats['data_hash'][:16]}"]


def report_warnings(data: Document) -> list[str]:
    """Return warnings without which the figures would mislead: tuned, missing, failed and sampled variants, notes."""
    tuned = [name for name, variant in data["variants"].items() if variant["tuned_on_this_data"]]
    lines = [f"{TUNED}, so probably worse on other data: {', '.join(tuned)}"] if tuned else []
    lines += [f"{name} was not measured: {reason}" for name, reason in data["not_measured"].items()]
    for name, variant in data["variants"].items():
        if variant["failed"]:
            lines.append(f"{name}: {len(variant['failed']):,} queries failed and count 0")
        lines += [f"{name}: {note['message']} ({note['queries']:,} queries)" for note in variant["notes"]]
    total = data["description"]["queries"]
    sampled = [
        f"{name} {variant['queries']:,}" for name, variant in data["variants"].items() if variant["queries"] < total
    ]
    if sampled:
        lines.append(f"measured on fewer queries, and compared with the baseline on those only: {', '.join(sampled)}")
    return lines


def _quality(data: Document) -> ReportTable:
    names = [name for name in _metrics(data) if name.partition("@")[0] not in BEYOND_ACCURACY]
    rows = [
        [_label(name, variant), *(_interval(variant, metric) for metric in names)]
        for name, variant in data["variants"].items()
    ]
    note = "Mean over queries; tested metrics with their 95 % bootstrap interval."
    return ReportTable("Quality", ["variant", *names], rows, note)


def _against(data: Document, baseline: str) -> ReportTable:
    rows = []
    for name, variant in data["variants"].items():
        for metric, effect in variant["against_baseline"].items():
            difference = effect["difference"]
            ends = f"{difference['low']:+.4f} to {difference['high']:+.4f}"
            counts = f"{effect['wins']:,} / {effect['ties']:,} / {effect['losses']:,}"
            rows.append([
                name, metric, f"{effect['baseline']:.4f}", f"{difference['mean']:+.4f}", ends,
                p_value(effect["p"]), p_value(effect["p_holm"]), counts, _conclusion(effect),
            ])  # fmt: skip
    tests = ["difference", "95 % interval", "p", "p (Holm)", "win / tie / loss", "conclusion"]
    head = ["variant", "metric", baseline, *tests]
    return ReportTable(
        f"Against {baseline}", head, rows, "Paired randomisation test; Holm's correction over all variants."
    )


def _slices(data: Document, baseline: str) -> list[ReportTable]:
    return [
        ReportTable(
            f"{data['primary']} by {title}",
            ["variant", *names],
            [[name, *_cells(variant[key], names)] for name, variant in data["variants"].items() if variant[key]],
            f"Mean, and in brackets the difference to {baseline}; * if its 95 % interval does not contain 0.",
        )
        for key, title in (("by_history", "length of history"), ("by_category", "category of the relevant item"))
        for names in [
            list(dict.fromkeys(part["name"] for variant in data["variants"].values() for part in variant[key]))
        ]
    ]


def _lists(data: Document) -> ReportTable:
    names = [name for name in _metrics(data) if name.partition("@")[0] in BEYOND_ACCURACY]
    rows = [
        [name, *(_number(variant["metrics"].get(metric)) for metric in names)]
        for name, variant in data["variants"].items()
    ]
    note = "ILD: mean of 1 - cosine within a list. Novelty in bits. Coverage and Gini over all lists together."
    return ReportTable("Beyond accuracy", ["variant", *names], rows, note)


def _cost(data: Document) -> ReportTable:
    stages = list(
        dict.fromkeys(stage for variant in data["variants"].values() for stage in variant["cost"]["stage_ms"])
    )
    rows = []
    for name, variant in data["variants"].items():
        cost = variant["cost"]
        times = [cost["stage_ms"].get(stage, {"p50": None, "p95": None}) for stage in stages]
        rows.append([
            name, *(f"{_ms(time['p50'])} / {_ms(time['p95'])}" for time in times), f"{cost['core_seconds']:.2f}",
            f"{cost['calls']:,} + {cost['cached_calls']:,}", f"{cost['prompt_tokens']:,} / {cost['output_tokens']:,}",
            f"{cost['peak_memory_mb']:,.0f}",
        ])  # fmt: skip
    head = ["variant", *(f"{stage}, ms p50 / p95" for stage in stages), "core-seconds", "model calls + cached",
            "tokens in / out", "peak MB"]  # fmt: skip
    note = "Times are of queries that ran one by one; core-seconds of all queries; peak memory of the process so far."
    return ReportTable("Cost", head, rows, note)


def _metrics(data: Document) -> list[str]:
    return list(
        dict.fromkeys([data["primary"], *(m for variant in data["variants"].values() for m in variant["metrics"])])
    )


def _label(name: str, variant: Document) -> str:
    return f"{name} ({TUNED})" if variant["tuned_on_this_data"] else name


def _interval(variant: Document, metric: str) -> str:
    mean, interval = variant["metrics"].get(metric), variant["intervals"].get(metric)
    if mean is None or interval is None:
        return _number(mean)
    return f"{mean:.4f} [{interval['low']:.3f}, {interval['high']:.3f}]"


def _cells(parts: Sequence[Document], names: Sequence[str]) -> list[str]:
    by_name = {part["name"]: part for part in parts}
    return [_cell(by_name[name]) if name in by_name else "" for name in names]


def _cell(part: Document) -> str:
    difference = part["difference"]
    star = "*" if difference["low"] * difference["high"] > 0 else ""
    return f"{part['mean']['mean']:.4f} ({difference['mean']:+.3f}{star})"


def _conclusion(effect: Document) -> str:
    if effect["p_holm"] >= SIGNIFICANT:
        return "may be chance"
    return "better" if effect["difference"]["mean"] > 0 else "worse"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}" if value >= 0.1 else f"{value:.2f}"


def p_value(value: float) -> str:
    """Format a p-value for a report."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
