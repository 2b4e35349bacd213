"""The result of tuning as a TOML file for `--config`, and as a JSON document."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from shortlist.agent.rerank.policy import RequestKind
from shortlist.core.config import Config
from shortlist.eval.stats.significance import Comparison
from shortlist.eval.tuning.blend_weights import Blend
from shortlist.eval.tuning.tune import Score, Tuned

NAMES: dict[RequestKind, str] = {"wish": "wishes", "plain": "readers without a wish", "thin": "thin histories"}


def settings_toml(tuned: Tuned, config: Config) -> str:
    """Return the chosen settings as TOML, with comments on the data and scores.

    The section [tuned] lists all data and settings of this and earlier tuning; the latter come from `config`.
    """
    data = tuned.task.data
    lines = [
        f"# Chosen by `shortlist eval tune` for {tuned.metric} on {data.name}.",
        f"# Tuning queries: {_format_score(tuned.tuning_score)}.",
        f"# Held-out queries: {_format_score(tuned.held_out_score)}.",
        *(
            f"# Held out, difference to {leg} alone: {_format_comparison(comparison)}."
            for leg, comparison in tuned.alone.items()
        ),
        *(f"# The model's weight for {NAMES[kind]}: {_format_blend(blend)}." for kind, blend in tuned.blend.items()),
        *(f"# {note}" for note in data.notes),
    ]
    for section, values in tuned.settings.items():
        lines += ["", f"[{section}]", *(f"{key} = {_to_toml(value)}" for key, value in values.items())]
    earlier = config.tuned
    record = {
        "on": {**earlier.on, data.name: data.data_hash},
        "keys": list(dict.fromkeys([*earlier.keys, *tuned.keys])),
    }
    lines += ["", "[tuned]", *(f"{key} = {_to_toml(value)}" for key, value in record.items())]
    return "\n".join(lines) + "\n"


def tuned_document(tuned: Tuned) -> dict[str, Any]:
    """Return the document of `eval tune --json`."""
    return {
        "data": tuned.task.data.name,
        "metric": tuned.metric,
        "settings": tuned.settings,
        "chosen_on": tuned.tuning_score,
        "judged_on": tuned.held_out_score,
        "alone": {leg: asdict(comparison) for leg, comparison in tuned.alone.items()},
        "blend": {kind: _blend_document(blend) for kind, blend in tuned.blend.items()},
    }


def _format_score(score: Score) -> str:
    return f"{score['queries']:,.0f} queries, {score['before']:.4f} before, {score['after']:.4f} after"


def _format_blend(blend: Blend) -> str:
    if blend.weight is None:
        return f"unchanged, because {blend.queries} queries are too few to choose it"
    scores = f"{blend.means[blend.weight]:.4f} on {blend.queries} tuning queries, {blend.means[0.0]:.4f} without"
    held_out = f"; difference held out {_format_comparison(blend.against)}" if blend.against else ""
    return f"{blend.weight:g}; {scores}{held_out}"


def _blend_document(blend: Blend) -> dict[str, Any]:
    means = {f"{weight:g}": mean for weight, mean in blend.means.items()}
    return asdict(blend) | {"means": means}


def _format_comparison(comparison: Comparison) -> str:
    difference = comparison.difference
    return f"{difference.mean:+.4f} ({difference.low:+.4f} to {difference.high:+.4f}), p {comparison.p:.4f}"


def _to_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_to_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_to_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
