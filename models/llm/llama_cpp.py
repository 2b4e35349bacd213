"""The embedded language model: llama.cpp in this process, by the package xllamacpp."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from shortlist.core.errors import ModelFailed, ModelMissing
from shortlist.models.llm.choices import check_choices, score_choices
from shortlist.models.llm.language_model import ChoiceScores, Completion, Message, Schema
from shortlist.models.llm.output_check import check_output

TOP_LOGPROBS = 60
# A choice takes two of the returned tokens on average: variants of case and leading space are summed.
MAX_CHOICES = TOP_LOGPROBS // 2
SEED = 1
# Tokens in one matrix product. A prompt that fits gives the same result with and without a cached prefix.
LARGEST_BATCH = 1024
LOG_NOTHING = -1


class LlamaCppModel:
    """A GGUF model on the CPU. Requests run one at a time, and the prefix shared with the last prompt is cached.

    `prompt_tokens` counts the evaluated tokens, without the cached prefix. The first request loads the weights, so that
    answers from a cache need none. It raises `ModelMissing` if they do not load.
    """

    def __init__(self, weights: Path, name: str, threads: int, context: int) -> None:
        self.name = name
        self.max_choices = MAX_CHOICES
        self._lock = threading.Lock()
        self._last: list[dict[str, str]] | None = None
        self._key = secrets.token_urlsafe(32)
        self._load = partial(_start, weights, threads, context, self._key)
        self._started: Any = None

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """See `LanguageModel.complete`."""
        request: dict[str, Any] = {"max_tokens": max_tokens}
        if schema is not None:
            request["response_format"] = {"type": "json_schema", "json_schema": {"schema": dict(schema)}}
        answer = self.ask(messages, request)
        text = check_output(answer["choices"][0]["message"].get("content"), schema, self.name)
        return Completion(text, _prompt_tokens(answer), answer["usage"]["completion_tokens"])

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """See `LanguageModel.choice_logprobs`."""
        check_choices(choices, self.max_choices)
        answer = self.ask(messages, {"max_tokens": 1, "logprobs": True, "top_logprobs": TOP_LOGPROBS})
        first = ((answer["choices"][0].get("logprobs") or {}).get("content") or [{}])[0]
        returned = {entry["token"]: entry["logprob"] for entry in first.get("top_logprobs", ())}
        scores, missing = score_choices(choices, returned.items(), self.name)
        return ChoiceScores(scores, missing, _prompt_tokens(answer))

    def cut(self, text: str, tokens: int) -> str:
        """Return the first `tokens` tokens of `text`, by the model's own tokenizer. Raises `ModelFailed`."""
        import httpx

        # xllamacpp offers its tokenizer only over its local HTTP port.
        url, headers = f"{self._server().listening_address}/tokenize", {"Authorization": f"Bearer {self._key}"}
        try:
            answer = httpx.post(url, json={"content": text, "with_pieces": True}, headers=headers, trust_env=False)
            pieces = answer.raise_for_status().json()["tokens"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise self._failed(str(error)) from error
        prefix = b"".join(_piece_bytes(token["piece"]) for token in pieces[:tokens])
        return prefix.decode(errors="ignore") if len(pieces) > tokens else text

    def ask(self, messages: Sequence[Message], request: Mapping[str, Any]) -> dict[str, Any]:
        """Return llama.cpp's answer to a chat completion `request`, in OpenAI's format. Raises `ModelFailed`."""
        chat = [{"role": message.role, "content": message.content} for message in messages]
        server = self._server()
        with self._lock:
            # A repeated prompt is cached but for its last token, which evaluated alone rounds differently.
            fixed = {"temperature": 0, "seed": SEED, "cache_prompt": chat != self._last}
            self._last = chat
            try:
                answer = server.handle_chat_completions({"messages": chat, **fixed, **request})
            except (RuntimeError, ValueError) as error:
                raise self._failed(str(error)) from error
        if "error" in answer:
            raise self._failed(str(answer["error"].get("message", answer["error"])))
        return dict(answer)

    def _server(self) -> Any:
        with self._lock:
            self._started = self._started or self._load()
        return self._started

    def _failed(self, found: str) -> ModelFailed:
        remedy = "shorten the prompt, or raise llm.context" if "context" in found else "try another model"
        return ModelFailed(f"{self.name} cannot answer", expected="an answer", found=found, remedy=remedy)


def _prompt_tokens(answer: Mapping[str, Any]) -> int:
    usage = answer["usage"]
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    return int(usage["prompt_tokens"]) - int(cached)


def _piece_bytes(piece: str | list[int]) -> bytes:
    # A token that is a part of a character comes as a list of bytes.
    return piece.encode() if isinstance(piece, str) else bytes(piece)


def _start(weights: Path, threads: int, context: int, key: str) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.verbosity = LOG_NOTHING
    params.n_gpu_layers = 0
    params.n_ctx = context
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = min(context, LARGEST_BATCH)
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads
        cpu.poll = 0  # threads that spin while they wait slow down those that work
    _make_repeatable(params, xllamacpp)
    _protect_port(params, key)
    try:
        return xllamacpp.Server(params)
    except (RuntimeError, ValueError) as error:
        raise ModelMissing(
            "the language model does not load",
            expected=f"a GGUF model at {weights}",
            found=str(error),
            remedy="run `shortlist models verify`, or lower llm.context if memory is short",
        ) from error


def _make_repeatable(params: Any, xllamacpp: Any) -> None:
    # Without these settings the result for a token depends on how many tokens are evaluated together with it, and a
    # candidate's score moves by up to 0.4 with the length of the prefix that is cached from the candidate before.
    params.no_extra_bufts = True
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cache_ram_mib = 0


def _protect_port(params: Any, key: str) -> None:
    # xllamacpp always opens a local HTTP port too. The key, which only this object knows, keeps others out.
    params.api_keys = [key]
    params.endpoint_slots = False
    params.ui = False
