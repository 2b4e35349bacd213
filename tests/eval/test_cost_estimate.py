"""The cost of an ablation is printed before it is spent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shortlist.core.config import Config
from shortlist.eval.ablation import Plan, ablate
from shortlist.eval.cost_estimate import estimate_cost
from shortlist.eval.data.specs import load
from shortlist.eval.factories import Factories
from shortlist.eval.tasks.from_files import task_of
from shortlist.eval.tasks.task import Task
from shortlist.eval.variants import Variant

YESNO = Variant(name="default+yesno", method="yesno", sample=8, rerank={"depth": 5, "top": 5})


def beir(folders: dict[str, Path]) -> Task:
    return task_of(load(f"beir:{folders['beir']}"))


def test_the_estimate_is_an_upper_bound_of_the_cost(
    tmp_path: Path,
    data_folders: dict[str, Path],
    config: Config,
    make_factories: Callable[..., Factories],
    length_model: Any,
) -> None:
    task = beir(data_folders)
    expected = estimate_cost(YESNO, task, 8, config)
    assert (expected.queries, expected.calls) == (8, 40)
    ablate(
        Plan([task], [Variant(name="default"), YESNO], "default", tmp_path),
        config,
        make_factories(lambda: length_model),
    )
    assert 0 < length_model.calls <= expected.calls + 5  # five more for the query that is timed


def test_a_list_method_makes_one_call_a_query(data_folders: dict[str, Path], config: Config) -> None:
    assert estimate_cost(Variant(name="l", method="list"), beir(data_folders), 12, config).calls == 12


def test_variants_with_a_model_run_last_and_after_their_cost_is_printed(
    tmp_path: Path,
    data_folders: dict[str, Path],
    config: Config,
    make_factories: Callable[..., Factories],
    length_model: Any,
) -> None:
    said: list[str] = []
    measured: list[set[str]] = []

    def say(line: str) -> None:
        said.append(line)
        results = json.loads((tmp_path / "results.json").read_text())
        measured.append(set(results["data"]["beir-tiny"]["variants"]))

    variants = [YESNO, Variant(name="bm25", alone="bm25"), Variant(name="default")]
    ablate(
        Plan([beir(data_folders)], variants, "default", tmp_path), config, make_factories(lambda: length_model), say=say
    )
    assert measured == [{"default", "bm25"}]  # the report of the cheap variants is there before the model is asked
    assert "8 queries, up to 40 model calls" in said[0]
    assert "minutes on this machine" in said[0]
    assert "default+yesno" in (tmp_path / "report.md").read_text()
