"""A language model on an Ollama server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx

from shortlist.core.config import LlmConfig
from shortlist.core.errors import ModelFailed
from shortlist.models.llm.choices import check_choices, score_choices
from shortlist.models.llm.language_model import ChoiceScores, Completion, Message, Schema
from shortlist.models.llm.output_check import check_output

if TYPE_CHECKING:
    from ollama import ChatResponse

TOP_LOGPROBS = 20  # Ollama's maximum
MAX_CHOICES = TOP_LOGPROBS // 2
LOGPROBS_SINCE = (0, 12, 11)
PROBE_TIMEOUT_S = 5.0
SEED = 1


class OllamaModel:
    """`config.ollama_model` on the server at `config.ollama_url`.

    The constructor raises `ModelFailed` if the server does not answer within 5 s or lacks the model. `max_choices` is 0
    if the server's version has no log-probabilities, and after an answer without them. `prompt_tokens` is the server's
    count of evaluated tokens: recent versions include a cached prefix, older ones do not.
    """

    def __init__(self, config: LlmConfig) -> None:
        self._config = config
        version = self._probe("version").get("version", "")
        self.max_choices = MAX_CHOICES if gives_logprobs(str(version)) else 0
        self.name = f"{config.ollama_model}@{self._digest()[:12]}"
        timeout = httpx.Timeout(config.timeout_s, connect=min(PROBE_TIMEOUT_S, config.timeout_s))
        import ollama

        self._client = ollama.Client(config.ollama_url, timeout=timeout)

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """See `LanguageModel.complete`."""
        response = self._chat(messages, max_tokens, format=None if schema is None else dict(schema))
        text = check_output(response.message.content, schema, self.name)
        return Completion(text, response.prompt_eval_count or 0, response.eval_count or 0)

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """See `LanguageModel.choice_logprobs`."""
        check_choices(choices, self.max_choices)
        response = self._chat(messages, 1, logprobs=True, top_logprobs=TOP_LOGPROBS)
        first = response.logprobs[0] if response.logprobs else None
        returned = {entry.token: entry.logprob for entry in first.top_logprobs or ()} if first else {}
        if not returned:
            self.max_choices = 0  # the version has them, but this server does not return them
        scores, missing = score_choices(choices, returned.items(), self.name)
        return ChoiceScores(scores, missing, response.prompt_eval_count or 0)

    def _chat(self, messages: Sequence[Message], max_tokens: int, **request: Any) -> ChatResponse:
        import ollama
        from pydantic import ValidationError

        options = {"temperature": 0, "seed": SEED, "num_ctx": self._config.context, "num_predict": max_tokens}
        try:
            return self._client.chat(
                model=self._config.ollama_model,
                messages=[{"role": message.role, "content": message.content} for message in messages],
                stream=False,
                think=False,
                options=options,
                keep_alive=self._config.keep_alive,
                **request,
            )
        except httpx.TimeoutException as error:
            limit = f"no answer in {self._config.timeout_s:g} s"
            raise self._failed(limit, "raise llm.timeout_s, or use a smaller model") from error
        except (ConnectionError, httpx.HTTPError) as error:
            raise self._unreachable(error) from error
        except ollama.ResponseError as error:
            raise self._http_error(error.status_code, str(error.error)) from error
        except (ValueError, TypeError, AttributeError, ValidationError) as error:
            raise self._failed(f"an answer that is not Ollama's: {_first_line(error)}", _CHECK_SERVER) from error

    def _digest(self) -> str:
        name = self._config.ollama_model
        names = {name, name if ":" in name else f"{name}:latest"}
        try:
            models = {str(entry["model"]): str(entry.get("digest", "")) for entry in self._probe("tags")["models"]}
        except (KeyError, TypeError, AttributeError) as error:
            raise self._failed("a list of models that is not Ollama's", _CHECK_SERVER) from error
        for name in names & models.keys():
            return models[name]
        raise self._not_pulled(f"{len(models)} other models")

    def _probe(self, path: str) -> dict[str, Any]:
        try:
            response = httpx.get(f"{self._config.ollama_url.rstrip('/')}/api/{path}", timeout=PROBE_TIMEOUT_S)
            response.raise_for_status()
            answer = response.json()
        except httpx.HTTPStatusError as error:
            raise self._http_error(error.response.status_code, error.response.reason_phrase) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error
        except ValueError as error:
            raise self._failed(f"an answer that is not JSON: {_first_line(error)}", _CHECK_SERVER) from error
        if not isinstance(answer, dict):
            raise self._failed("an answer that is not Ollama's", _CHECK_SERVER)
        return answer

    def _http_error(self, status: int, found: str) -> ModelFailed:
        if status == httpx.codes.NOT_FOUND:
            return self._not_pulled(found)
        return self._failed(f"HTTP status {status}: {_first_line(found)}", "see the log of the Ollama server")

    def _not_pulled(self, found: str) -> ModelFailed:
        model = self._config.ollama_model
        return self._failed(_first_line(found), f"run `ollama pull {model}`", expected=f"the model {model}")

    def _unreachable(self, error: Exception) -> ModelFailed:
        remedy = "start it with `ollama serve`, correct llm.ollama_url, or set llm.provider to embedded"
        return self._failed(_first_line(error), remedy, expected="a server that answers")

    def _failed(self, found: str, remedy: str, expected: str = "an answer") -> ModelFailed:
        return ModelFailed(f"Ollama at {self._config.ollama_url}", expected=expected, found=found, remedy=remedy)


_CHECK_SERVER = "check that llm.ollama_url is an Ollama server"


def gives_logprobs(version: str) -> bool:
    """Return whether a server of this version returns log-probabilities; 0.0.0, a build from source, counts as new."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    return numbers == (0, 0, 0) or numbers >= LOGPROBS_SINCE


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
