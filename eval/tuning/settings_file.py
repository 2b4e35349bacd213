"""What was chosen, as a TOML file that `--config` takes, and as a document."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from shortlist.agent.rerank.policy import RequestKind
from shortlist.core.config import Config
from shortlist.eval.stats.significance import Comparison
from shortlist.eval.tuning.blending import Blend
from shortlist.eval.tuning.tune import Score, Tuned

NAMES: dict[RequestKind, str] = {"wish": "wishes", "plain": "readers without a wish", "thin": "thin histories"}


def settings_file(tuned: Tuned, config: Config) -> str:
    """The chosen settings, and on what they were chosen; `config` knows what was chosen elsewhere before."""
    data = tuned.task.data
    lines = [
        f"# Chosen by `shortlist eval tune` for {tuned.metric} on {data.name}.",
        f"# Queries that chose: {_told(tuned.chosen_on)}.",
        f"# Queries that were kept apart: {_told(tuned.judged_on)}.",
        *(f"# There, more than {leg} alone: {_compared(one)}." for leg, one in tuned.alone.items()),
        *(f"# The model's weight for {NAMES[kind]}: {_blended(one)}." for kind, one in tuned.blend.items()),
        *(f"# {note}" for note in data.notes),
    ]
    for section, values in tuned.settings.items():
        lines += ["", f"[{section}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    before = config.tuned
    record = {
        "on": {**before.on, data.name: data.data_hash},
        "keys": list(dict.fromkeys([*before.keys, *tuned.keys])),
    }
    lines += ["", "[tuned]", *(f"{key} = {_toml(value)}" for key, value in record.items())]
    return "\n".join(lines) + "\n"


def tuned_document(tuned: Tuned) -> dict[str, Any]:
    """The document of `eval tune --json`."""
    return {
        "data": tuned.task.data.name,
        "metric": tuned.metric,
        "settings": tuned.settings,
        "chosen_on": tuned.chosen_on,
        "judged_on": tuned.judged_on,
        "alone": {leg: asdict(one) for leg, one in tuned.alone.items()},
        "blend": {kind: _blend_document(one) for kind, one in tuned.blend.items()},
    }


def _told(score: Score) -> str:
    return f"{score['queries']:,.0f} queries, {score['before']:.4f} before, {score['after']:.4f} after"


def _blended(blend: Blend) -> str:
    if blend.weight is None:
        return f"left as it was, for {blend.queries} queries are too few to choose it"
    known = f"{blend.means[blend.weight]:.4f} on {blend.queries} queries that chose, {blend.means[0.0]:.4f} without"
    return f"{blend.weight:g}; {known}" + (f"; kept apart {_compared(blend.against)}" if blend.against else "")


def _blend_document(blend: Blend) -> dict[str, Any]:
    means = {f"{weight:g}": mean for weight, mean in blend.means.items()}
    return asdict(blend) | {"means": means}


def _compared(comparison: Comparison) -> str:
    difference = comparison.difference
    return f"{difference.mean:+.4f} ({difference.low:+.4f} to {difference.high:+.4f}), p {comparison.p:.4f}"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
