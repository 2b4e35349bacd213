"""The time of a judgement, and the candidates that `--rerank auto` has judged because of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.agent.rerank.judgement_time import FILE, JudgementTimes, depth_in_time, measure
from shortlist.core.config import RerankConfig

YES = (-0.1, -2.0)


def test_a_time_is_kept_for_the_next_process(tmp_path: Path) -> None:
    JudgementTimes(tmp_path / "cache").put("embedded a", 2.5)
    JudgementTimes(tmp_path / "cache").put("ollama b", 0.05)
    times = JudgementTimes(tmp_path / "cache")
    assert (times.get("embedded a"), times.get("ollama b"), times.get("c")) == (2.5, 0.05, None)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 1}', '{"m": {"a": "fast"}}'])
def test_a_damaged_file_is_no_measurement(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    times = JudgementTimes(tmp_path)
    assert times.get("a") is None
    times.put("a", 0.1)
    assert times.get("a") == 0.1


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    times = JudgementTimes(tmp_path / "file" / "folder")
    times.put("a", 0.1)
    assert times.get("a") is None


def test_two_new_candidates_are_judged(scripted_model: Callable[..., Any]) -> None:
    model = scripted_model(YES, YES)
    assert measure(model) >= 0
    prompts = [json.dumps([message.content for message in call]) for call in model.calls]
    assert len(set(prompts)) == 2


@pytest.mark.parametrize(
    ("seconds", "depth"), [(None, 0), (2.6, 0), (0.21, 0), (0.2, 10), (0.125, 16), (0.1, 20), (0.01, 20)]
)
def test_a_model_that_judges_ten_in_two_seconds_is_asked(seconds: float | None, depth: int) -> None:
    assert depth_in_time(seconds, RerankConfig()) == depth
