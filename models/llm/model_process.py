"""A language model in a process of its own: loading the embedded one stops every thread of its process for seconds."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from shortlist.core.errors import ModelFailed, ShortlistError
from shortlist.models.llm.language_model import ChoiceScores, Completion, LanguageModel, Message, Schema

log = logging.getLogger(__name__)
Loader = Callable[[], LanguageModel]


class ModelProcess:
    """The language model that `load`, which can be pickled, returns in a child process. One request at a time.

    The child ends with this process, and is started again at the next request if it dies. Raises as `load`.
    """

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._start()

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        """See `LanguageModel.complete`."""
        answer: Completion = self._call("complete", messages, schema, max_tokens)
        return answer

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        """See `LanguageModel.choice_logprobs`."""
        scores: ChoiceScores = self._call("choice_logprobs", messages, choices)
        return scores

    def close(self) -> None:
        """End the child process."""
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of this process's threads
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._load), name="language-model", daemon=True)
        self._process.start()
        theirs.close()
        self.name, self.max_choices = self._answer()

    def _call(self, method: str, *arguments: Any) -> Any:
        with self._lock:
            if not self._process.is_alive():
                log.warning("the process of the language model has ended and is started again")
                self.close()
                self._start()
            try:
                self._connection.send((method, arguments))
            except OSError:
                raise self._ended() from None
            return self._answer()

    def _answer(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        if isinstance(answer, ShortlistError):
            raise answer
        return answer

    def _ended(self) -> ModelFailed:
        self._process.join(1)
        found = f"its process ended with code {self._process.exitcode}"
        return ModelFailed(
            "the language model cannot answer", expected="an answer", found=found, remedy="check that memory suffices"
        )


def _serve(connection: Connection, load: Loader) -> None:
    """In the child: answer requests until the other end of `connection` is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both processes; the parent ends this one
    status = 0
    try:
        model = load()
        connection.send((model.name, model.max_choices))
        while True:
            method, arguments = connection.recv()
            connection.send(_answered(model, method, arguments))
    except ShortlistError as error:
        connection.send(error)
    except (EOFError, OSError):  # the parent has ended
        pass
    except Exception:
        log.exception("the process of the language model ends")
        status = 1
    os._exit(status)  # the clean-up of llama.cpp may hang, and nothing here needs one


def _answered(model: LanguageModel, method: str, arguments: tuple[Any, ...]) -> Any:
    try:
        return getattr(model, method)(*arguments)
    except ShortlistError as error:
        return error
