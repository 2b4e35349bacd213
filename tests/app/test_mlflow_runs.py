"""The versions of the registry as runs of MLflow."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.retrieval.trained.versions import Trained, registry, write_version

GATE = {
    "promoted": True, "why": "better", "left_out": {},
    "judged": [{
        "horizon": "day", "slice": "cold readers", "readers": 40, "metric": "nDCG@10", "champion": 0.1,
        "challenger": 0.3, "difference": [0.1, 0.2, 0.3], "p": 0.01,
    }],
}  # fmt: skip
RECEIPT = {
    "at": "2026-11-20T10:00:00+00:00", "towers": [], "ranker": None, "weights": {"dense": 1.0},
    "plan": {"tower": "none", "seed": 3}, "data": {"digest": "abc", "acts": 9, "readers": 3, "videos": 2},
    "code": "def", "cpu_seconds": {"tuning": 4.5}, "metrics": {"lists": 7}, "gate": GATE,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="pip install 'shortlist[mlflow]'")
def test_each_version_is_one_run_with_its_newest_state(here: Callable[..., Any], tmp_path: Path) -> None:
    from mlflow import MlflowClient

    home, store = tmp_path / "home", f"sqlite:///{tmp_path}/mlflow.db"
    write_version(home, Trained("mine", weights={"dense": 1.0}), RECEIPT)
    assert here("models", "mlflow", store, "--json", home=home).document == {"new": ["mine"]}
    registry(home).promote("mine", "better")
    assert here("models", "mlflow", store, "--json", home=home).document == {"new": []}
    client = MlflowClient(tracking_uri=store)
    [run] = client.search_runs([client.get_experiment_by_name("shortlist").experiment_id])
    assert run.info.run_name == "mine"
    assert run.data.params == {"tower": "none", "seed": "3"}
    assert run.data.tags["state"] == "champion"
    assert run.data.metrics == {
        "cpu seconds/tuning": 4.5, "lists": 7, "weight/dense": 1, "nDCG at 10/day cold readers": 0.3,
        "nDCG at 10/day cold readers difference": 0.2,
    }  # fmt: skip


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is not None, reason="MLflow is installed")
def test_what_is_missing_is_said_in_one_line(here: Callable[..., Any], tmp_path: Path) -> None:
    here("models", "mlflow", "sqlite:///x.db", home=tmp_path).says(3, "pip install 'shortlist[mlflow]'")
