"""Any LangChain chat model as a `LanguageModel`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shortlist.core.config import LlmConfig
from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.models.llm.choices import check_choices, score_choices
from shortlist.models.llm.language_model import ChoiceScores, Completion, Message, Schema
from shortlist.models.llm.output_check import check_output

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

TOP_LOGPROBS = 20
WRAPPER_FIELD = "answer"
LIMIT_FIELDS = ("num_predict", "max_tokens", "max_output_tokens")  # Ollama's, most providers', Google's
LOGPROB_FIELDS = {"logprobs", "top_logprobs"}


class LangChainModel:
    """A `LanguageModel` over `chat`.

    `max_choices` is 0 if the class of `chat` has no settings for log-probabilities, and after an answer without them.
    `prompt_tokens` is the number that the provider reports, less the cached tokens if it reports those too; 0 if it
    reports no usage.
    """

    def __init__(self, chat: BaseChatModel, name: str) -> None:
        self.name = name
        self.max_choices = TOP_LOGPROBS // 2 if type(chat).model_fields.keys() >= LOGPROB_FIELDS else 0
        self._chat = chat

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """See `LanguageModel.complete`.

        The schema is enforced if the provider can do so; otherwise it is only checked, and the prompt must ask for it.
        """
        if schema is None:
            answer = self._invoke(self._chat, messages, max_tokens)
            return Completion(check_output(answer.text, None, self.name), *_usage(answer))
        answer, text = self._structured(messages, schema, max_tokens)
        return Completion(check_output(text, schema, self.name), *_usage(answer))

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """See `LanguageModel.choice_logprobs`."""
        check_choices(choices, self.max_choices)
        answer = self._invoke(self._chat, messages, 1, logprobs=True, top_logprobs=TOP_LOGPROBS)
        returned = _first_token(answer)
        if not returned:
            self.max_choices = 0  # the class has the settings, but the server ignores them
        scores, missing = score_choices(choices, returned.items(), self.name)
        return ChoiceScores(scores, missing, _usage(answer)[0])

    def _structured(self, messages: Sequence[Message], schema: Schema, max_tokens: int) -> tuple[AIMessage, str]:
        is_object = schema.get("type") == "object"
        try:
            structured = _with_limit(self._chat, max_tokens).with_structured_output(
                _with_title(schema if is_object else _wrap(schema)), include_raw=True
            )
        except Exception:  # noqa: BLE001 - classes without support for schemas raise various types
            answer = self._invoke(self._chat, messages, max_tokens)
            return answer, answer.text
        result = self._invoke(structured, messages)
        parsed = result["parsed"] if is_object else (result["parsed"] or {}).get(WRAPPER_FIELD)
        return result["raw"], json.dumps(parsed) if parsed is not None else result["raw"].text

    def _invoke(self, chat: Any, messages: Sequence[Message], max_tokens: int | None = None, **settings: Any) -> Any:
        if max_tokens is not None:
            chat = _with_limit(chat, max_tokens)
        try:
            return chat.invoke([(message.role, message.content) for message in messages], **settings)
        except Exception as error:  # every provider raises other types
            raise ModelFailed(
                f"{self.name} cannot answer",
                expected="an answer",
                found=f"{type(error).__name__}: {str(error).strip()[:200]}",
                remedy="check the provider's key, address and model name",
            ) from error


def load_langchain(config: LlmConfig) -> LangChainModel:
    """Load the chat model that `config.langchain` names, as "openai:gpt-4o-mini".

    Raises `ModelMissing` without a name, or without its package, key or provider.
    """
    from langchain.chat_models import init_chat_model

    name = config.langchain
    if not name:
        remedy = "set llm.langchain, or another llm.provider"
        raise ModelMissing("no LangChain model", expected='llm.langchain, as "PROVIDER:MODEL"', found="", remedy=remedy)
    try:
        # Without `max_retries=0`, every retry would wait for the timeout again.
        chat = init_chat_model(name, temperature=0, max_retries=0, **_timeout(name, config.timeout_s))
    except Exception as error:  # a missing package, key or provider each raises another type
        raise ModelMissing(
            f"no LangChain model {name}",
            expected="an installed provider, its key and a model of that name",
            found=f"{type(error).__name__}: {str(error).strip()[:200]}",
            remedy="install the package it names, set the provider's key, or correct llm.langchain",
        ) from error
    return LangChainModel(chat, name)


def _timeout(name: str, seconds: float) -> dict[str, Any]:
    """Return the provider's setting that ends a call after `seconds`."""
    if name.startswith("ollama:"):  # its class ignores `timeout` silently
        return {"client_kwargs": {"timeout": seconds}}
    return {"timeout": seconds}


def _with_limit(chat: BaseChatModel, max_tokens: int) -> Any:
    """Return `chat` with a limit on the length of its answers, under the name that its class uses."""
    name = next((field for field in LIMIT_FIELDS if field in type(chat).model_fields), None)
    return chat.model_copy(update={name: max_tokens}) if name else chat.bind(max_tokens=max_tokens)


def _with_title(schema: Schema) -> dict[str, Any]:
    return {"title": "Answer", **schema}


def _wrap(schema: Schema) -> dict[str, Any]:
    """Wrap `schema` in an object, because providers require an object at the root."""
    properties = {WRAPPER_FIELD: schema}
    return {"type": "object", "properties": properties, "required": [WRAPPER_FIELD], "additionalProperties": False}


def _first_token(answer: AIMessage) -> dict[str, float]:
    # OpenAI wraps the list of tokens in an object, Ollama does not.
    logprobs: Any = answer.response_metadata.get("logprobs") or []
    tokens = logprobs.get("content") or [] if isinstance(logprobs, Mapping) else logprobs
    return {entry["token"]: entry["logprob"] for entry in tokens[0].get("top_logprobs") or ()} if tokens else {}


def _usage(answer: AIMessage) -> tuple[int, int]:
    usage: Any = answer.usage_metadata or {}
    cached = (usage.get("input_token_details") or {}).get("cache_read") or 0
    return usage.get("input_tokens", 0) - cached, usage.get("output_tokens", 0)
