"""The tables of a report, as rows of text that Markdown and HTML share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

SURE = 0.05
LISTS = ("ILD", "Novelty", "Coverage", "Gini")
TUNED = "tuned on this very data"


@dataclass(frozen=True, slots=True)
class Grid:
    """A title, what the columns are, and the rows; `note` says how to read it."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def grids_of(data: Document, baseline: str) -> list[Grid]:
    """All tables of one data set; those without rows are left out."""
    grids = [_quality(data), _against(data, baseline), *_slices(data, baseline), _lists(data), _cost(data)]
    return [grid for grid in grids if grid.rows]


def facts(data: Document) -> list[str]:
    """What the data set is, in sentences."""
    told = data["description"]
    asked = f"{told['queries']:,} queries" + (f" of {told['readers']:,} readers" if told["readers"] else "")
    ranked = "the whole catalogue is ranked"
    if told["judged_candidates"] is not None:
        ranked = (
            f"{told['candidates']['median']:,.0f} candidates a query (median), {told['judged_candidates']:.0%} judged"
        )
    lines = [
        f"{told['items']:,} items, {asked}, {told['judgements']:,} judgements; {ranked}",
        f"{told['relevant']['mean']:.2f} relevant items a query (mean, of {told['judged']['mean']:.1f} judged)",
    ]
    if told["history"]["most"]:
        spread = told["history"]
        lines.append(f"histories of {spread['least']} to {spread['most']} items, median {spread['median']:g}")
    return [*lines, *told["notes"], f"hash {told['data_hash'][:16]}"]


def warnings_of(data: Document) -> list[str]:
    """What would mislead who reads the figures alone."""
    tuned = [name for name, one in data["variants"].items() if one["tuned_on_this_data"]]
    lines = [f"{TUNED}, so too good to be expected elsewhere: {', '.join(tuned)}"] if tuned else []
    lines += [f"{name} was not measured: {reason}" for name, reason in data["not_measured"].items()]
    for name, one in data["variants"].items():
        if one["failed"]:
            lines.append(f"{name}: {len(one['failed']):,} queries failed and count 0")
        lines += [f"{name}: {note['message']} ({note['queries']:,} queries)" for note in one["notes"]]
    total = data["description"]["queries"]
    sampled = [f"{name} {one['queries']:,}" for name, one in data["variants"].items() if one["queries"] < total]
    if sampled:
        lines.append(f"asked on fewer queries, and compared with the baseline on those alone: {', '.join(sampled)}")
    return lines


def _quality(data: Document) -> Grid:
    names = [name for name in _metrics(data) if name.partition("@")[0] not in LISTS]
    rows = [
        [_label(name, one), *(_interval(one, metric) for metric in names)] for name, one in data["variants"].items()
    ]
    return Grid(
        "Quality", ["variant", *names], rows, "Mean over queries, with its 95 % bootstrap interval where tested."
    )


def _against(data: Document, baseline: str) -> Grid:
    rows = []
    for name, one in data["variants"].items():
        for metric, effect in one["against_baseline"].items():
            difference = effect["difference"]
            ends = f"{difference['low']:+.4f} to {difference['high']:+.4f}"
            outcomes = f"{effect['wins']:,} / {effect['ties']:,} / {effect['losses']:,}"
            rows.append([
                name, metric, f"{effect['baseline']:.4f}", f"{difference['mean']:+.4f}", ends,
                p_value(effect["p"]), p_value(effect["p_holm"]), outcomes, _verdict(effect),
            ])  # fmt: skip
    tests = ["difference", "95 % interval", "p", "p (Holm)", "win / tie / loss", "verdict"]
    head = ["variant", "metric", baseline, *tests]
    return Grid(f"Against {baseline}", head, rows, "Paired randomisation test; Holm's correction over all variants.")


def _slices(data: Document, baseline: str) -> list[Grid]:
    return [
        Grid(
            f"{data['primary']} by {title}",
            ["variant", *names],
            [[name, *_cells(one[key], names)] for name, one in data["variants"].items() if one[key]],
            f"Mean, and in brackets the difference to {baseline}; * where its 95 % interval does not hold 0.",
        )
        for key, title in (("by_history", "length of history"), ("by_category", "category of what is relevant"))
        for names in [list(dict.fromkeys(part["name"] for one in data["variants"].values() for part in one[key]))]
    ]


def _lists(data: Document) -> Grid:
    names = [name for name in _metrics(data) if name.partition("@")[0] in LISTS]
    rows = [
        [name, *(_number(one["metrics"].get(metric)) for metric in names)] for name, one in data["variants"].items()
    ]
    note = "ILD: mean of 1 - cosine within a list. Novelty in bits. Coverage and Gini over all lists together."
    return Grid("What the first ten are like", ["variant", *names], rows, note)


def _cost(data: Document) -> Grid:
    stages = list(dict.fromkeys(stage for one in data["variants"].values() for stage in one["cost"]["stage_ms"]))
    rows = []
    for name, one in data["variants"].items():
        cost = one["cost"]
        times = [cost["stage_ms"].get(stage, {"p50": None, "p95": None}) for stage in stages]
        rows.append([
            name, *(f"{_ms(time['p50'])} / {_ms(time['p95'])}" for time in times), f"{cost['core_seconds']:.2f}",
            f"{cost['calls']:,} + {cost['cached_calls']:,}", f"{cost['prompt_tokens']:,} / {cost['output_tokens']:,}",
            f"{cost['peak_memory_mb']:,.0f}",
        ])  # fmt: skip
    head = ["variant", *(f"{stage}, ms p50 / p95" for stage in stages), "core-seconds", "model calls + cached",
            "tokens in / out", "peak MB"]  # fmt: skip
    note = "Times are of queries asked one by one; core-seconds of all; peak memory of the process so far."
    return Grid("Cost", head, rows, note)


def _metrics(data: Document) -> list[str]:
    return list(dict.fromkeys([data["primary"], *(m for one in data["variants"].values() for m in one["metrics"])]))


def _label(name: str, one: Document) -> str:
    return f"{name} ({TUNED})" if one["tuned_on_this_data"] else name


def _interval(one: Document, metric: str) -> str:
    mean, interval = one["metrics"].get(metric), one["intervals"].get(metric)
    if mean is None or interval is None:
        return _number(mean)
    return f"{mean:.4f} [{interval['low']:.3f}, {interval['high']:.3f}]"


def _cells(parts: Sequence[Document], names: Sequence[str]) -> list[str]:
    found = {part["name"]: part for part in parts}
    return [_cell(found[name]) if name in found else "" for name in names]


def _cell(part: Document) -> str:
    difference = part["difference"]
    star = "*" if difference["low"] * difference["high"] > 0 else ""
    return f"{part['mean']['mean']:.4f} ({difference['mean']:+.3f}{star})"


def _verdict(effect: Document) -> str:
    if effect["p_holm"] >= SURE:
        return "may be chance"
    return "better" if effect["difference"]["mean"] > 0 else "worse"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}" if value >= 0.1 else f"{value:.2f}"


def p_value(value: float) -> str:
    """A p-value as people write it."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
