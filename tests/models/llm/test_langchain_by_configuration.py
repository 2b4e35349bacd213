"""`llm.langchain = "PROVIDER:MODEL"`: LangChain's own Ollama class, found by name, against the stand-in server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from shortlist.core.config import LlmConfig, ModelsConfig
from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.models.llm.language_model import LanguageModel, Message
from shortlist.models.llm.llama_cpp import LlamaCppModel
from shortlist.models.llm.loader import load_language_model
from tests.ollama_stand_in import MODEL, StandIn, as_json, ollama_stand_in

pytestmark = pytest.mark.integration

ASK = [Message("user", "Is water wet? Answer yes or no.")]
SCHEMA = {"type": "object", "properties": {"wet": {"enum": ["yes", "no"]}}, "required": ["wet"]}


@pytest.fixture
def server(tiny_llm: LlamaCppModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with ollama_stand_in(tiny_llm) as state:
        monkeypatch.setenv("OLLAMA_HOST", state.url)
        yield state


def configured(name: str | None) -> LanguageModel:
    return load_language_model(LlmConfig(provider="langchain", langchain=name), ModelsConfig())


def test_it_scores_choices_by_one_token(server: StandIn, tiny_llm: LlamaCppModel) -> None:
    model = configured(f"ollama:{MODEL}")
    scores = model.choice_logprobs(ASK, ["yes", "no"])
    assert model.name == f"ollama:{MODEL}"
    assert scores.logprobs.tolist() == pytest.approx(tiny_llm.choice_logprobs(ASK, ["yes", "no"]).logprobs, abs=0.2)
    assert server.asked[-1]["options"] == {"num_predict": 1, "temperature": 0.0}


def test_it_completes_within_its_limit_and_under_a_schema(server: StandIn) -> None:
    model = configured(f"ollama:{MODEL}")
    assert model.complete(ASK, max_tokens=4).output_tokens <= 4
    assert json.loads(model.complete(ASK, SCHEMA, max_tokens=40).text)["wet"] in {"yes", "no"}
    assert server.asked[-1]["options"]["num_predict"] == 40


@pytest.mark.parametrize("name", [f"ollama:{MODEL}", "openai:gpt-4o-mini"])
def test_a_server_that_hangs_is_asked_once_and_given_up_in_time(
    server: StandIn, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    server.replies["/api/chat"] = server.replies["/v1/chat/completions"] = server.hang
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_API_BASE", f"{server.url}/v1")
    model = load_language_model(LlmConfig(provider="langchain", langchain=name, timeout_s=0.3), ModelsConfig())
    with pytest.raises(ModelFailed, match="time"):
        model.complete(ASK)
    assert len(server.asked) == 1
    assert not server.release.is_set()


def test_a_server_that_gives_no_log_probabilities_is_known_from_its_first_answer(server: StandIn) -> None:
    body = {"model": MODEL, "message": {"role": "assistant", "content": "yes"}, "done": True}
    server.replies["/api/chat"] = lambda: as_json(body)
    model = configured(f"ollama:{MODEL}")
    with pytest.raises(ModelFailed, match="no usable log-probabilities"):
        model.choice_logprobs(ASK, ["yes", "no"])
    assert model.max_choices == 0


CALL = {"tool": "help", "arguments": {}}
CALLS = {"anyOf": [{"type": "object", "properties": {"tool": {"const": name}}} for name in ("help", "search")]}


@pytest.mark.parametrize("held", [True, False])
def test_a_schema_that_is_a_choice_holds_models_that_want_an_object(
    server: StandIn, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    from langchain_openai import ChatOpenAI

    def refuse(*_: object, **__: object) -> None:
        raise KeyError("parameters")  # as versions of the class did

    if not held:
        monkeypatch.setattr(ChatOpenAI, "with_structured_output", refuse)
    content = json.dumps({"answer": CALL} if held else CALL)
    message = {"role": "assistant", "content": content, "refusal": None}
    body = {
        "id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14},
    }  # fmt: skip
    server.replies["/v1/chat/completions"] = lambda: as_json(body)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_API_BASE", f"{server.url}/v1")
    answer = configured("openai:gpt-4o-mini").complete(ASK, CALLS, max_tokens=40)
    assert json.loads(answer.text) == CALL
    sent = server.asked[-1].get("response_format")
    assert (sent is None) if not held else (sent["json_schema"]["schema"]["type"] == "object")
    assert server.asked[-1]["max_completion_tokens"] == 40


@pytest.mark.parametrize("name", [None, "nonsense:model", "openai:gpt-4o-mini"])
def test_a_missing_package_key_or_model_is_one_error_with_a_remedy(
    name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelMissing, match="no LangChain model"):
        configured(name)
