"""A language model in a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shortlist.core.config import LlmConfig, ModelsConfig
from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.models.llm.language_model import ChoiceScores, Completion, Message
from shortlist.models.llm.llama_cpp import LlamaCppModel
from shortlist.models.llm.loader import load_language_model
from shortlist.models.llm.model_process import ModelProcess

pytestmark = pytest.mark.servers


class Small:
    """A model that answers with the id of its process, and ends it on request."""

    name, max_choices = "small", 20

    def complete(self, messages: list[Message], schema: object = None, max_tokens: int = 256) -> Completion:
        if messages[0].content == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if messages[0].content == "fail":
            raise ModelFailed("no answer", expected="an answer", found="none", remedy="ask again")
        return Completion(str(os.getpid()), 1, 1)

    def choice_logprobs(self, messages: list[Message], choices: list[str]) -> ChoiceScores:
        raise NotImplementedError


def missing() -> Small:
    raise ModelMissing("no model", expected="weights", found="none", remedy="pull them")


def ask(model: ModelProcess, text: str = "hello") -> str:
    return model.complete([Message("user", text)]).text


@pytest.fixture
def start() -> Iterator[Callable[[], ModelProcess]]:
    started: list[ModelProcess] = []

    def begin() -> ModelProcess:
        started.append(ModelProcess(Small, "small", 20))
        return started[-1]

    yield begin
    for model in started:
        model.close()


def test_it_answers_from_another_process(start: Callable[[], ModelProcess]) -> None:
    model = start()
    assert (model.name, model.max_choices) == ("small", 20)
    assert int(ask(model)) != os.getpid()
    assert ask(model) == ask(model)


def test_errors_of_loading_and_answering_are_raised_in_the_parent(start: Callable[[], ModelProcess]) -> None:
    with pytest.raises(ModelMissing, match="expected weights"):
        ask(ModelProcess(missing, "small", 20))
    model = start()
    with pytest.raises(ModelFailed, match="no answer"):
        ask(model, "fail")
    assert ask(model)


def test_one_that_dies_fails_its_request_and_is_started_again(start: Callable[[], ModelProcess]) -> None:
    model = start()
    first = ask(model)
    with pytest.raises(ModelFailed, match="ended with code -9"):
        ask(model, "die")
    assert ask(model) != first


def test_closing_ends_the_process(start: Callable[[], ModelProcess]) -> None:
    model = start()
    pid = ask(model)
    model.close()
    assert not Path(f"/proc/{pid}").exists()


def test_the_embedded_model_of_a_server_is_in_another_process(tiny_llm: LlamaCppModel) -> None:
    config = LlmConfig(provider="embedded", model="smollm2-135m", threads=1, context=2048)
    model = load_language_model(config, ModelsConfig(), own_process=True)
    assert isinstance(model, ModelProcess)
    question = [Message("user", "Is the moon round? Answer yes or no.")]
    assert model.name == tiny_llm.name
    there, here = (one.choice_logprobs(question, ["yes", "no"]).logprobs for one in (model, tiny_llm))
    assert there.tolist() == pytest.approx(here.tolist(), abs=1e-4)
    model.close()
