"""A language model in a child process, because loading llama.cpp blocks every thread of its process for seconds."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from shortlist.core.errors import ModelFailed, ShortlistError
from shortlist.models.llm.language_model import ChoiceScores, Completion, LanguageModel, Message, Schema

log = logging.getLogger(__name__)
Loader = Callable[[], LanguageModel]


class ModelProcess:
    """A proxy for the language model that `load` returns in a child process. Requests run one at a time.

    `load` must be picklable; its model is called `name` and scores `max_choices`. The first request starts the child,
    so that answers from a cache need none. The child ends with this process; if it dies, the next request starts it
    again. Every call raises the errors of `load`, and `ModelFailed` if the child ends before it answers.
    """

    def __init__(self, load: Loader, name: str, max_choices: int) -> None:
        self.name = name
        self.max_choices = max_choices
        self._load = load
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """See `LanguageModel.complete`."""
        answer: Completion = self._call("complete", messages, schema, max_tokens)
        return answer

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """See `LanguageModel.choice_logprobs`."""
        scores: ChoiceScores = self._call("choice_logprobs", messages, choices)
        return scores

    def close(self) -> None:
        """End the child process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of this process's threads
        self._connection, child = context.Pipe()
        process = context.Process(target=_serve, args=(child, self._load), name="language-model", daemon=True)
        process.start()
        child.close()
        self._process = process
        self._receive()  # raises the errors of `load`

    def _call(self, method: str, *arguments: Any) -> Any:
        with self._lock:
            if self._process is not None and not self._process.is_alive():
                log.warning("restarting the language model, whose process has ended")
                self.close()
            if self._process is None:
                self._start()
            try:
                self._connection.send((method, arguments))
            except OSError:
                raise self._exit_error() from None
            return self._receive()

    def _receive(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            raise self._exit_error() from None
        if isinstance(answer, ShortlistError):
            raise answer
        return answer

    def _exit_error(self) -> ModelFailed:
        found = "no process"
        if self._process is not None:
            self._process.join(1)
            found = f"its process ended with code {self._process.exitcode}"
        return ModelFailed(
            "the language model cannot answer",
            expected="an answer",
            found=found,
            remedy="check that there is enough memory",
        )


def _serve(connection: Connection, load: Loader) -> None:
    """In the child: answer requests until the other end of `connection` is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both processes; the parent ends this one
    status = 0
    try:
        model = load()
        connection.send("loaded")
        while True:
            method, arguments = connection.recv()
            connection.send(_call_method(model, method, arguments))
    except ShortlistError as error:
        connection.send(error)
    except (EOFError, OSError):  # the parent has ended
        pass
    except Exception:
        log.exception("the language model's process ends after an unexpected error")
        status = 1
    os._exit(status)  # the clean-up of llama.cpp may hang, and nothing else needs a clean-up


def _call_method(model: LanguageModel, method: str, arguments: tuple[Any, ...]) -> Any:
    try:
        return getattr(model, method)(*arguments)
    except ShortlistError as error:
        return error
