"""An Ollama server that is down, slow, old or broken: one clear line each, against the stand-in server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shortlist.core.config import LlmConfig, ModelsConfig
from shortlist.core.errors import ModelFailed, ModelMissing, UsageError
from shortlist.models.llm.language_model import Message
from shortlist.models.llm.llama_cpp import LlamaCppModel
from shortlist.models.llm.loader import load_language_model
from shortlist.models.llm.ollama import OllamaModel, gives_logprobs
from tests.ollama_stand_in import MODEL, Reply, StandIn, as_json, ollama_stand_in

ASK = [Message("user", "Is water wet? yes or no")]
CHAT = "/api/chat"


@pytest.fixture
def server(tiny_llm: LlamaCppModel) -> Iterator[StandIn]:
    with ollama_stand_in(tiny_llm) as state:
        yield state


def model_at(url: str, *, name: str = MODEL, timeout_s: float = 20) -> OllamaModel:
    return OllamaModel(LlmConfig(ollama_url=url, ollama_model=name, timeout_s=timeout_s))


def message(content: str) -> Reply:
    return as_json({"model": MODEL, "message": {"role": "assistant", "content": content}, "done": True})


def test_dead() -> None:
    with socket.socket() as deaf:  # bound, so that nobody else listens there
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(ModelFailed, match=r"ollama serve"):
            model_at(f"http://127.0.0.1:{deaf.getsockname()[1]}")


def test_dead_after_it_was_found(server: StandIn) -> None:
    model = model_at(server.url)
    model._client._client.base_url = "http://127.0.0.1:9"
    with pytest.raises(ModelFailed, match=r"expected a server that answers"):
        model.complete(ASK)


def test_hanging_costs_the_time_limit_and_no_more(server: StandIn) -> None:
    server.replies[CHAT] = server.hang
    model = model_at(server.url, timeout_s=0.3)
    start = time.monotonic()
    with pytest.raises(ModelFailed, match=r"no answer in 0\.3 s"):
        model.choice_logprobs(ASK, ["yes", "no"])
    assert time.monotonic() - start < 15  # it hangs for 30


def test_model_not_pulled(server: StandIn) -> None:
    with pytest.raises(ModelFailed, match="run `ollama pull qwen9:1b`"):
        model_at(server.url, name="qwen9:1b")


def test_model_removed_since(server: StandIn) -> None:
    model = model_at(server.url)
    server.replies[CHAT] = lambda: as_json({"error": "model not found"}, 404)
    with pytest.raises(ModelFailed, match=f"found model not found; run `ollama pull {MODEL}`"):
        model.complete(ASK)


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (as_json({"error": "out of memory\nstack"}, 500), "HTTP status 500: out of memory;"),
        ((502, b"<html>"), "HTTP status 502"),
        ((200, b'{"message": {"role": "assi'), "an answer that is not Ollama's"),
        ((200, b"[1]"), "an answer that is not Ollama's"),
        (as_json({"done": True}), "an answer that is not Ollama's"),
        (message(""), "found an empty one"),
        (message(" \n"), "found an empty one"),
    ],
)
def test_unusable_answers(server: StandIn, reply: Reply, found: str) -> None:
    model = model_at(server.url)
    server.replies[CHAT] = lambda: reply
    with pytest.raises(ModelFailed) as caught:
        model.complete(ASK)
    assert found in str(caught.value)
    assert "\n" not in str(caught.value)


def test_broken_json_under_a_schema(server: StandIn) -> None:
    model = model_at(server.url)
    server.replies[CHAT] = lambda: message('{"summary": "half')
    with pytest.raises(ModelFailed, match="expected JSON"):
        model.complete(ASK, schema={"type": "object"})


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_log_probabilities_that_are_no_numbers(server: StandIn, value: str) -> None:
    model = model_at(server.url)
    top = f'[{{"token": "yes", "logprob": -0.1}}, {{"token": "no", "logprob": {value}}}]'
    logprobs = f'[{{"token": "yes", "logprob": -0.1, "top_logprobs": {top}}}]'
    body = f'{{"message": {{"role": "assistant", "content": "yes"}}, "logprobs": {logprobs}}}'
    server.replies[CHAT] = lambda: (200, body.encode())
    with pytest.raises(ModelFailed, match="no usable log-probabilities"):
        model.choice_logprobs(ASK, ["yes", "no"])


def test_log_probabilities_that_do_not_come(server: StandIn) -> None:
    model = model_at(server.url)
    server.replies[CHAT] = lambda: message("yes")
    with pytest.raises(ModelFailed, match="no usable log-probabilities"):
        model.choice_logprobs(ASK, ["yes", "no"])


def test_an_old_server_says_that_it_cannot_score_and_still_completes(server: StandIn) -> None:
    server.replies["/api/version"] = lambda: as_json({"version": "0.12.10"})
    model = model_at(server.url)
    assert model.max_choices == 0
    with pytest.raises(UsageError):
        model.choice_logprobs(ASK, ["yes", "no"])
    assert model.complete(ASK, max_tokens=4).text


@pytest.mark.parametrize("path", ["/api/version", "/api/tags"])
@pytest.mark.parametrize("reply", [(200, b"hello"), (200, b"[]"), (500, b""), as_json({"models": [1]})])
def test_something_else_at_that_address(server: StandIn, path: str, reply: Reply) -> None:
    server.replies[path] = lambda: reply
    if path == "/api/version" and reply == as_json({"models": [1]}):
        assert model_at(server.url).max_choices == 0
        return
    with pytest.raises(ModelFailed):
        model_at(server.url)


@pytest.mark.parametrize(
    ("given", "sent"), [(-1, -1), ("-1", -1), ("3600", 3600), ("1h30m", "1h30m"), ("1.5h", "1.5h")]
)
def test_how_long_a_model_stays_is_sent_as_ollama_reads_it(server: StandIn, given: int | str, sent: int | str) -> None:
    config = LlmConfig(ollama_url=server.url, ollama_model=MODEL, context=1024, keep_alive=given)
    OllamaModel(config).choice_logprobs(ASK, ["yes", "no"])
    assert server.asked[-1]["keep_alive"] == sent


def test_the_requests_to_the_server(server: StandIn) -> None:
    config = LlmConfig(ollama_url=server.url, ollama_model=MODEL, context=1024, keep_alive="3m")
    OllamaModel(config).choice_logprobs(ASK, ["yes", "no"])
    (request,) = server.asked
    assert request["think"] is False
    assert request["keep_alive"] == "3m"
    assert (request["logprobs"], request["top_logprobs"]) == (True, 20)
    assert request["options"] == {"temperature": 0, "seed": 1, "num_ctx": 1024, "num_predict": 1}


@pytest.mark.parametrize(
    ("version", "gives"),
    [("0.12.10", False), ("0.12.11", True), ("0.13.0-rc1", True), ("1.0", True), ("0.9.9", False), ("0.0.0", True)],
)
def test_versions(version: str, gives: bool) -> None:
    assert gives_logprobs(version) is gives


def test_auto_takes_ollama_where_it_answers(server: StandIn) -> None:
    config = LlmConfig(provider="auto", model="smollm2-135m", ollama_url=server.url, ollama_model=MODEL)
    assert isinstance(load_language_model(config, ModelsConfig()), OllamaModel)


def test_auto_turns_to_the_embedded_model_where_ollama_lacks_its_model(server: StandIn, tmp_path: Path) -> None:
    """Seen by its asking for weights that are not there: two embedded models in one process cannot be closed."""
    config = LlmConfig(model="smollm2-135m", threads=1, ollama_url=server.url, ollama_model="other", context=512)
    with pytest.raises(ModelMissing, match="smollm2-135m"):
        load_language_model(config, ModelsConfig(cache=tmp_path, offline=True))


def test_an_embedded_model_is_named_by_its_weights(tiny_llm: LlamaCppModel) -> None:
    assert tiny_llm.name == "smollm2-135m@b179c9523d0e"
