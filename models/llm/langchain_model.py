"""Any LangChain chat model as a language model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shortlist.core.config import LlmConfig
from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.models.llm.choices import check_choices, score_choices
from shortlist.models.llm.language_model import ChoiceScores, Completion, Message, Schema
from shortlist.models.llm.output_check import checked_text

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

TOP_LOGPROBS = 20
INSIDE = "answer"
LIMIT_FIELDS = ("num_predict", "max_tokens", "max_output_tokens")  # Ollama's, most providers', Google's
LOGPROB_FIELDS = {"logprobs", "top_logprobs"}


class LangChainModel:
    """Wraps `chat`. `max_choices` is 0 where its class has no settings for log-probabilities, and from the first answer
    that lacks them.

    `prompt_tokens` is the usage that the provider reports, less the cached tokens where it tells them; 0 where it
    reports none.
    """

    def __init__(self, chat: BaseChatModel, name: str) -> None:
        self.name = name
        self.max_choices = TOP_LOGPROBS // 2 if type(chat).model_fields.keys() >= LOGPROB_FIELDS else 0
        self._chat = chat

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """The model's answer; with `schema`, text that is valid JSON under it.

        A model that can be held to a schema is; any other has to follow the prompt, and is checked.
        """
        if schema is None:
            answer = self._invoke(self._chat, messages, max_tokens)
            return Completion(checked_text(answer.text, None, self.name), *_usage(answer))
        answer, text = self._structured(messages, schema, max_tokens)
        return Completion(checked_text(text, schema, self.name), *_usage(answer))

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """Scores of `choices` (one token each, distinct when lowered) as the first token of the answer."""
        check_choices(choices, self.max_choices)
        answer = self._invoke(self._chat, messages, 1, logprobs=True, top_logprobs=TOP_LOGPROBS)
        returned = _first_token(answer)
        if not returned:
            self.max_choices = 0  # whatever its class promised
        scores, missing = score_choices(choices, returned.items(), self.name)
        return ChoiceScores(scores, missing, _usage(answer)[0])

    def _structured(self, messages: Sequence[Message], schema: Schema, max_tokens: int) -> tuple[AIMessage, str]:
        is_object = schema.get("type") == "object"
        try:
            held = _limited(self._chat, max_tokens).with_structured_output(
                _titled(schema if is_object else _inside(schema)), include_raw=True
            )
        except Exception:  # noqa: BLE001 - each class has errors of its own for a schema that cannot hold it
            answer = self._invoke(self._chat, messages, max_tokens)
            return answer, answer.text
        both = self._invoke(held, messages)
        parsed = both["parsed"] if is_object else (both["parsed"] or {}).get(INSIDE)
        return both["raw"], json.dumps(parsed) if parsed is not None else both["raw"].text

    def _invoke(self, chat: Any, messages: Sequence[Message], max_tokens: int | None = None, **settings: Any) -> Any:
        if max_tokens is not None:
            chat = _limited(chat, max_tokens)
        try:
            return chat.invoke([(message.role, message.content) for message in messages], **settings)
        except Exception as error:  # every provider raises errors of its own
            raise ModelFailed(
                f"{self.name} cannot answer",
                expected="an answer",
                found=f"{type(error).__name__}: {str(error).strip()[:200]}",
                remedy="check the provider's key, address and model name",
            ) from error


def load_langchain(config: LlmConfig) -> LangChainModel:
    """The chat model that `config.langchain` names, as "openai:gpt-4o-mini". Raises `ModelMissing`."""
    from langchain.chat_models import init_chat_model

    name = config.langchain
    if not name:
        remedy = "set llm.langchain, or another llm.provider"
        raise ModelMissing("no LangChain model", expected='llm.langchain, as "PROVIDER:MODEL"', found="", remedy=remedy)
    try:
        chat = init_chat_model(name, temperature=0, max_retries=0, **_patience(name, config.timeout_s))
    except Exception as error:  # a missing package, key or provider, each with an error of its own
        raise ModelMissing(
            f"no LangChain model {name}",
            expected="an installed provider, its key and a model of that name",
            found=f"{type(error).__name__}: {str(error).strip()[:200]}",
            remedy="install the package it names, set the provider's key, or correct llm.langchain",
        ) from error
    return LangChainModel(chat, name)


def _patience(name: str, seconds: float) -> dict[str, Any]:
    """The setting that ends a call after `seconds`; `max_retries` beside it, or it would be waited for anew."""
    if name.startswith("ollama:"):  # its class ignores `timeout` without a word
        return {"client_kwargs": {"timeout": seconds}}
    return {"timeout": seconds}


def _limited(chat: BaseChatModel, max_tokens: int) -> Any:
    """`chat` with a limit on its answers, by the name that its class has for it."""
    name = next((one for one in LIMIT_FIELDS if one in type(chat).model_fields), None)
    return chat.model_copy(update={name: max_tokens}) if name else chat.bind(max_tokens=max_tokens)


def _titled(schema: Schema) -> dict[str, Any]:
    return {"title": "Answer", **schema}


def _inside(schema: Schema) -> dict[str, Any]:
    """An object that holds what is under `schema`, as providers want an object at the root."""
    return {"type": "object", "properties": {INSIDE: schema}, "required": [INSIDE], "additionalProperties": False}


def _first_token(answer: AIMessage) -> dict[str, float]:
    # OpenAI wraps the list of tokens in an object, Ollama gives it as it is.
    found: Any = answer.response_metadata.get("logprobs") or []
    tokens = found.get("content") or [] if isinstance(found, Mapping) else found
    return {entry["token"]: entry["logprob"] for entry in tokens[0].get("top_logprobs") or ()} if tokens else {}


def _usage(answer: AIMessage) -> tuple[int, int]:
    usage: Any = answer.usage_metadata or {}
    cached = (usage.get("input_token_details") or {}).get("cache_read") or 0
    return usage.get("input_tokens", 0) - cached, usage.get("output_tokens", 0)
