"""The plots of a report as standalone SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shortlist.core.html_page import COLOUR, FAINT, svg_plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Document = Mapping[str, Any]

ROW_HEIGHT = 0.28
MAX_LINES = 10  # more are hard to distinguish
WITHOUT = "without-"  # prefix of the names of variants that drop one leg


def quality_against_cost(data: Document) -> str:
    """Plot the primary metric of each variant, with its interval, against its median milliseconds for a query."""
    primary = data["primary"]
    points = [
        (name, variant["cost"]["stage_ms"]["total"]["p50"], variant["intervals"][primary])
        for name, variant in data["variants"].items()
        if not name.startswith(WITHOUT)  # these cost about as much as the baseline and would cover its label
    ]
    timed = [(name, max(ms, 1e-3), interval) for name, ms, interval in points if ms is not None]

    def draw(axes: Axes) -> None:
        for name, ms, interval in timed:
            _draw_intervals(axes, [interval["mean"]], [interval], [ms], vertical=True)
            axes.annotate(name, (ms, interval["mean"]), (4, 3), textcoords="offset points", fontsize=7)
        axes.set_xscale("log")
        axes.set_xlabel("milliseconds a query (median)")
        axes.set_ylabel(primary)

    return svg_plot(draw, 4.5)


def intervals(data: Document, baseline: str) -> str:
    """Plot the difference of each variant to the baseline with its interval, which contains 0 if it may be chance."""
    primary = data["primary"]
    differences = {
        name: variant["against_baseline"][primary]["difference"]
        for name, variant in data["variants"].items()
        if primary in variant["against_baseline"]
    }
    return _differences(differences, f"{primary}, difference to {baseline}")


def legs(data: Document, baseline: str) -> str:
    """Plot the contribution of each leg: the baseline minus `without-LEG`. Returns "" if there is no such variant."""
    primary = data["primary"]
    differences = {
        name.removeprefix(WITHOUT): _negate(variant["against_baseline"][primary]["difference"])
        for name, variant in data["variants"].items()
        if name.startswith(WITHOUT) and primary in variant["against_baseline"]
    }
    return _differences(differences, f"contribution of the leg to {baseline}, in {primary}")


def by_history(data: Document) -> str:
    """Plot the primary metric of the best variants by length of history. Returns "" if there are no histories."""
    primary, variants = data["primary"], data["variants"]
    best = sorted(variants, key=lambda name: -(variants[name]["metrics"].get(primary) or 0.0))[:MAX_LINES]
    lines = {name: variants[name]["by_history"] for name in best if variants[name]["by_history"]}
    if not lines:
        return ""
    names = list(dict.fromkeys(part["name"] for parts in lines.values() for part in parts))

    def draw(axes: Axes) -> None:
        for name, parts in lines.items():
            places = [names.index(part["name"]) for part in parts]
            axes.plot(places, [part["mean"]["mean"] for part in parts], marker=".", linewidth=1, label=name)
        axes.set_xticks(range(len(names)), names)
        axes.set_xlabel("items in the reader's history")
        axes.set_ylabel(primary)
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)

    return svg_plot(draw, 4.5)


def _differences(intervals: Mapping[str, Document], label: str) -> str:
    """Plot intervals by name, one a row. Returns "" if there are none."""
    if not intervals:
        return ""
    names = list(intervals)[::-1]

    def draw(axes: Axes) -> None:
        means = [intervals[name]["mean"] for name in names]
        _draw_intervals(axes, range(len(names)), [intervals[name] for name in names], means, vertical=False)
        axes.axvline(0, color=FAINT, linewidth=0.8)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.set_xlabel(label)

    return svg_plot(draw, 1.0 + ROW_HEIGHT * len(names))


def _draw_intervals(
    axes: Axes, heights: Sequence[float], intervals: Sequence[Document], places: Sequence[float], vertical: bool
) -> None:
    """Draw points with error bars; horizontal ones are grey if their interval contains 0."""
    for place, height, interval in zip(places, heights, intervals, strict=True):
        error = [[interval["mean"] - interval["low"]], [interval["high"] - interval["mean"]]]
        y_error, x_error = (error, None) if vertical else (None, error)
        colour = COLOUR if vertical or interval["low"] * interval["high"] > 0 else FAINT
        axes.errorbar(place, height, y_error, x_error, "o", markersize=3.5, color=colour, elinewidth=1, capsize=2)


def _negate(interval: Document) -> Document:
    return {"low": -interval["high"], "mean": -interval["mean"], "high": -interval["low"]}
