"""The plots of a report, as SVG that needs nothing from outside. The same results give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Document = Mapping[str, Any]

WIDTH = 7.5  # inches
ROW = 0.28
LINES = 10  # more cannot be told apart
WITHOUT = "without-"  # how variants that lack one leg are named
OURS, OTHER, FAINT = "#1f5fa8", "#c2571a", "#888888"


def quality_against_cost(data: Document) -> str:
    """Each variant by its median milliseconds a query and its deciding metric, with the interval of that."""
    primary = data["primary"]
    points = [
        (name, one["cost"]["stage_ms"]["total"]["p50"], one["intervals"][primary])
        for name, one in data["variants"].items()
        if not name.startswith(WITHOUT)  # these cost what the whole costs and would lie on its label
    ]
    known = [(name, max(ms, 1e-3), interval) for name, ms, interval in points if ms is not None]

    def draw(axes: Axes) -> None:
        for name, ms, interval in known:
            _whisker(axes, [interval["mean"]], [interval], [ms], vertical=True)
            axes.annotate(name, (ms, interval["mean"]), (4, 3), textcoords="offset points", fontsize=7)
        axes.set_xscale("log")
        axes.set_xlabel("milliseconds a query (median)")
        axes.set_ylabel(primary)

    return _svg(draw, 4.5)


def intervals(data: Document, baseline: str) -> str:
    """The difference of each variant to the baseline, with its interval: one that crosses 0 may be chance."""
    primary = data["primary"]
    found = {
        name: one["against_baseline"][primary]["difference"]
        for name, one in data["variants"].items()
        if primary in one["against_baseline"]
    }
    return _differences(found, f"{primary}, difference to {baseline}")


def legs(data: Document, baseline: str) -> str:
    """What each leg adds: the difference of the baseline to `without-LEG`; "" where there is no such variant."""
    primary = data["primary"]
    found = {
        name.removeprefix(WITHOUT): _turned(one["against_baseline"][primary]["difference"])
        for name, one in data["variants"].items()
        if name.startswith(WITHOUT) and primary in one["against_baseline"]
    }
    return _differences(found, f"what the leg adds to {baseline}, in {primary}") if found else ""


def by_history(data: Document) -> str:
    """The deciding metric by the length of history, a line for each of the best variants; "" where nobody has one."""
    primary, variants = data["primary"], data["variants"]
    best = sorted(variants, key=lambda name: -(variants[name]["metrics"].get(primary) or 0.0))[:LINES]
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

    return _svg(draw, 4.5)


def _differences(found: Mapping[str, Document], label: str) -> str:
    if not found:
        return ""
    names = list(found)[::-1]

    def draw(axes: Axes) -> None:
        means = [found[name]["mean"] for name in names]
        _whisker(axes, range(len(names)), [found[name] for name in names], means, vertical=False)
        axes.axvline(0, color=FAINT, linewidth=0.8)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.set_xlabel(label)

    return _svg(draw, 1.0 + ROW * len(names))


def _whisker(
    axes: Axes, heights: Sequence[float], ends: Sequence[Document], places: Sequence[float], vertical: bool
) -> None:
    """Points with their intervals; coloured where the interval does not hold 0."""
    reach = [[one["mean"] - one["low"] for one in ends], [one["high"] - one["mean"] for one in ends]]
    colours = [OURS if vertical or one["low"] * one["high"] > 0 else FAINT for one in ends]
    for at, colour in enumerate(colours):
        error = [[reach[0][at]], [reach[1][at]]]
        up, across = (error, None) if vertical else (None, error)
        axes.errorbar(places[at], heights[at], up, across, "o", markersize=3.5, color=colour, elinewidth=1, capsize=2)


def _turned(interval: Document) -> Document:
    return {"low": -interval["high"], "mean": -interval["mean"], "high": -interval["low"]}


def _svg(draw: Callable[[Axes], None], height: float) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "shortlist", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :]
