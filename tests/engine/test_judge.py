"""When `--rerank auto` asks the language model on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from shortlist.core.config import Config
from shortlist.engine.judge import judgement_s, model_name, time_keeper, with_auto_depth


@pytest.fixture
def config(tmp_path: Path) -> Config:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    return Config.model_validate({"home": tmp_path, "models": {"cache": tmp_path}, "llm": {"ollama_url": closed}})


@pytest.fixture
def ollama(config: Config) -> Iterator[Config]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield config.model_copy(update={"llm": config.llm.model_copy(update={"ollama_url": url})})


def test_an_embedded_model_that_was_never_measured_is_not_asked(config: Config) -> None:
    assert with_auto_depth(config).rerank.auto_depth == 0


@pytest.mark.parametrize(("seconds", "depth"), [(2.5, 0), (0.15, 13), (0.01, 20)])
def test_a_measured_model_is_asked_for_what_it_judges_in_time(config: Config, seconds: float, depth: int) -> None:
    time_keeper(config)(seconds)
    assert with_auto_depth(config).rerank.auto_depth == depth


def test_the_shortest_time_counts(config: Config) -> None:
    for seconds in (0.5, 0.1, 0.9):
        time_keeper(config)(seconds)
    assert judgement_s(config) == 0.1


def test_a_server_is_measured_by_the_first_request(ollama: Config) -> None:
    assert model_name(ollama.llm).startswith("ollama ")
    assert with_auto_depth(ollama).rerank.auto_depth is None
    time_keeper(ollama)(0.1)
    assert with_auto_depth(ollama).rerank.auto_depth == 20


def test_a_configured_depth_is_kept(config: Config) -> None:
    rerank = config.rerank.model_copy(update={"auto_depth": 7})
    assert with_auto_depth(config.model_copy(update={"rerank": rerank})).rerank.auto_depth == 7
