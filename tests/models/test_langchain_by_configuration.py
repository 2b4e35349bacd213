"""`llm.langchain = "PROVIDER:MODEL"`: LangChain's own Ollama class, found by name, against the stand-in server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from core.config import LlmConfig, ModelsConfig
from core.errors import ModelFailed, ModelMissing
from models.embedded import EmbeddedModel
from models.language_model import LanguageModel, Message
from models.llms import load_language_model
from tests.ollama_stand_in import MODEL, StandIn, as_json, ollama_stand_in

ASK = [Message("user", "Is water wet? Answer yes or no.")]
SCHEMA = {"type": "object", "properties": {"wet": {"enum": ["yes", "no"]}}, "required": ["wet"]}


@pytest.fixture
def server(tiny_llm: EmbeddedModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with ollama_stand_in(tiny_llm) as state:
        monkeypatch.setenv("OLLAMA_HOST", state.url)
        yield state


def configured(name: str | None) -> LanguageModel:
    return load_language_model(LlmConfig(provider="langchain", langchain=name), ModelsConfig())


def test_it_scores_choices_by_one_token(server: StandIn, tiny_llm: EmbeddedModel) -> None:
    model = configured(f"ollama:{MODEL}")
    scores = model.choice_logprobs(ASK, ["yes", "no"])
    assert model.name == f"ollama:{MODEL}"
    assert scores.logprobs.tolist() == pytest.approx(tiny_llm.choice_logprobs(ASK, ["yes", "no"]).logprobs, abs=0.2)
    assert server.asked[-1]["options"] == {"num_predict": 1, "temperature": 0.0}


def test_it_completes_within_its_limit_and_under_a_schema(server: StandIn) -> None:
    model = configured(f"ollama:{MODEL}")
    assert model.complete(ASK, max_tokens=4).output_tokens <= 4
    assert json.loads(model.complete(ASK, SCHEMA, max_tokens=40).text)["wet"] in {"yes", "no"}


def test_a_server_that_gives_no_log_probabilities_is_known_from_its_first_answer(server: StandIn) -> None:
    body = {"model": MODEL, "message": {"role": "assistant", "content": "yes"}, "done": True}
    server.replies["/api/chat"] = lambda: as_json(body)
    model = configured(f"ollama:{MODEL}")
    with pytest.raises(ModelFailed, match="no usable log-probabilities"):
        model.choice_logprobs(ASK, ["yes", "no"])
    assert model.max_choices == 0


@pytest.mark.parametrize("name", [None, "nonsense:model", "openai:gpt-4o-mini"])
def test_what_is_not_there_is_one_error_that_says_what_to_do(name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelMissing, match="no LangChain model"):
        configured(name)
