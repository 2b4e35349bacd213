"""`shortlist eval` as a user calls it, on the sample home."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shortlist = Callable[..., Any]


@pytest.fixture(scope="module")
def evaluate(sample_home: Path, here: Shortlist, tmp_path_factory: pytest.TempPathFactory) -> Shortlist:
    """Runs `shortlist eval ...` with one cache, on a copy of the sample home."""
    folder = tmp_path_factory.mktemp("eval")
    shutil.copytree(sample_home, folder / "home")
    return lambda *words: here("eval", *words, home=folder / "home", SHORTLIST_EVAL__CACHE=str(folder / "cache"))


def test_run_prints_the_promised_document(evaluate: Shortlist) -> None:
    found = evaluate("run", "--data", "simulated:6", "--json").document
    assert list(found) == ["data", "variant", "queries", "metrics", "seconds", "hashes"]
    assert (found["data"], found["variant"], found["queries"]) == ("simulated-6", "default", 6)
    assert set(found["metrics"]) >= {"nDCG@10", "Recall@100", "MRR", "MAP", "HR@10"}
    again = evaluate("run", "--data", "simulated:6", "--json").document
    assert again == found


@pytest.mark.integration
def test_ablation_tune_and_compare_work_together(evaluate: Shortlist, tmp_path: Path) -> None:
    out, tuned = tmp_path / "out", tmp_path / "tuned.toml"
    chosen = ("--variant", "default", "--variant", "bm25")
    done = evaluate("ablation", "--data", "events", "--data", "simulated:6", *chosen, "--out", str(out))
    assert done.returncode == 0
    assert "simulated-6" in done.stdout
    assert (out / "runs" / "events.bm25.run").exists()
    compared = evaluate("compare", str(out), "bm25", "default", "--json").document
    assert set(compared["data"]) == {"events", "simulated-6"}
    assert evaluate("tune", "--data", "simulated:6", "--out", str(tuned)).returncode == 0
    labelled = evaluate("run", "--data", "simulated:6", "--config", str(tuned)).stdout
    assert "chosen on this very data" in labelled


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--data", "csv:x"), "beir:DIR"),
        (("run", "--data", "events", "--variant", "nothing"), "one of default"),
        (("run", "--data", "events", "--variants", "no.toml"), "readable TOML"),
        (("ablation", "--data", "events", "--baseline", "nothing", "--out", "x"), "the baseline is not measured"),
        (("tune", "--data", "events", "--metric", "luck", "--out", "x.toml"), "one of nDCG@10"),
        (("tune", "--data", "events", "--metric", "AUC", "--out", "x.toml"), "AUC is not defined here"),
        (("tune", "--data", "events", "--rerank", "oracle", "--out", "x.toml"), "unknown rerank"),
        (("compare", "nowhere", "a", "b"), "a folder written by"),
    ],
)
def test_what_is_wrong_is_reported_in_one_line(evaluate: Shortlist, words: tuple[str, ...], said: str) -> None:
    evaluate(*words).says(2, said)
