"""An open home that answers: its models, its newest recommender, its chat, and the log of what readers are shown."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shortlist.core.config import Config
from shortlist.core.errors import StateError
from shortlist.core.json_documents import answer_document
from shortlist.core.ranking import Answer, Request
from shortlist.engine import build
from shortlist.engine.judge import with_auto_depth
from shortlist.engine.reloader import Reloader
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.llm.language_model import LanguageModel
from shortlist.store.exposure_log import Count, ignore
from shortlist.store.home import Home

if TYPE_CHECKING:
    from shortlist.agent.chat.session import Chat
    from shortlist.agent.recommend import Recommender

log = logging.getLogger(__name__)


class Engine:
    """Answers for one open home. Thread-safe.

    Models and the index are loaded by the first call that needs them. What a person wants done with a home is a
    function that takes an engine, not a method.
    """

    def __init__(
        self,
        home: Home,
        config: Config,
        *,
        encoder: Callable[[], Encoder] | None = None,
        model: Callable[[], LanguageModel] | None = None,
        count: Count = ignore,
    ) -> None:
        """Take over `home`, which `close` closes.

        `encoder` and `model` replace the configured ones. `count` is that of the `ExposureLog`.
        """
        self.home = home
        self.config = with_auto_depth(config)
        self.encoder = encoder or build.encoder_of(config)
        self.model = model or build.language_model_of(home, config)
        self.exposures = build.open_exposure_log(home, config, count)
        self.reloader = Reloader(home, config.serve.write_wait_s, self._open_recommender)
        self._wishes = encoder or build.wish_encoder(home, self.encoder)
        self._chats: dict[bool, tuple[Recommender, Chat]] = {}
        self._lock = threading.Lock()

    def recommender(self) -> Recommender:
        """Return the newest recommender of the lists that readers are shown. Raises the errors of its first load."""
        return self.reloader.recommender()

    def chat(self, *, rerank: bool = True) -> Chat:
        """Return the chat over the newest recommender; without `rerank` its lists are those of the retrieval."""
        newest = self.recommender()
        with self._lock:
            recommender, chat = self._chats.get(rerank, (None, None))
            if chat is None or recommender is not newest:
                over = newest if rerank else newest.without_model()
                chat = build.chat_over(over, self.home, self.config, self.model, self.exposures)
                self._chats[rerank] = newest, chat
            return chat

    def recommend(self, request: Request) -> Answer:
        """Answer `request` and record the answer as shown. Raises like `Recommender.recommend`."""
        answer = self.recommender().recommend(request)
        return replace(answer, request_id=self.show(request, answer_document(answer))["request_id"])

    def show(self, request: Request, answer: Mapping[str, Any], thread: str | None = None) -> dict[str, Any]:
        """Record that the reader of `request` was shown the document `answer`, and return it with its request id.

        With `thread`, messages in that thread of the chat can refer to the list.
        """
        shown = {**answer, "request_id": self.exposures.record(request, answer)}
        if thread is not None:
            from shortlist.agent.chat.chat_state import list_turn

            try:
                self.home.catalogue.threads.add(thread, list_turn(request, shown))
            except StateError as error:
                log.info("the chat cannot refer to a list: %s", error)
        return shown

    def close(self) -> None:
        """Write what was recorded, and close every file and connection. The engine cannot be used afterwards."""
        self.exposures.close()
        self.home.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_recommender(self) -> Recommender:
        return build.open_live_recommender(self.home, self.config, encoder=self._wishes, model=self.model)


def open_engine(config: Config, *, create: bool = False, own_process: bool = False) -> Engine:
    """Open the home of `config`, or create it with `create`. Raises as `open_home`.

    See `load_language_model` for `own_process`.
    """
    home = build.open_home(config, create=create)
    return Engine(home, config, model=build.language_model_of(home, config, own_process=own_process))
