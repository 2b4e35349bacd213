"""The Python interface to a home: recommend, search and add records."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shortlist.app import build
from shortlist.app.settings import find_settings
from shortlist.core.config import AUTO, Config
from shortlist.core.errors import StateError
from shortlist.core.ranking import Answer, Filters, Request

if TYPE_CHECKING:
    from shortlist.agent.recommend import Recommender
    from shortlist.ingest.load import IngestResult
    from shortlist.ingest.tables.memory import Records
    from shortlist.ingest.tables.read import Source
    from shortlist.retriever import ShortlistRetriever
    from shortlist.store.home import Home as Store

NO_FILTERS = Filters()

log = logging.getLogger(__name__)


def open_home(path: str | Path | None, *, create: bool, config: str | Path | None, settings: Mapping[str, Any]) -> Home:
    """See `shortlist.open`."""
    overrides = dict(settings) if path is None else {**settings, "home": Path(path)}
    chosen = find_settings(None if config is None else Path(config), overrides).config
    return Home(build.open_home(chosen, create=create), chosen)


class Home:
    """An open home. Get one from `shortlist.open`; close it with `close` or use it in a `with` statement.

    Its methods may be called from several threads. Models are loaded by the first call that needs them.
    """

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config
        self._encoder = build.encoder_of(config)
        self._model = build.language_model_of(store, config)
        self._lock = threading.Lock()
        self._recommender: Recommender | None = None
        self._events = (0, "")

    @property
    def path(self) -> Path:
        """The home's folder."""
        return self._store.path

    def recommend(
        self,
        user_id: str,
        k: int = 10,
        *,
        about: str | None = None,
        rerank: str = AUTO,
        rerank_budget_ms: float | None = None,
        filters: Filters = NO_FILTERS,
    ) -> Answer:
        """Recommend `k` videos to one reader, best first, each with a reason and evidence.

        `about` says what the reader is in the mood for. `rerank` is "auto", "none" or a method: "yesno", "letters" or
        "list". No model call starts that would exceed `rerank_budget_ms`. Raises `UnknownReader`, `UsageError` for an
        unknown method, and `ServiceError` if a method is given by name and there is no model.

        >>> answer = home.recommend("user_123", k=3, filters=shortlist.Filters(max_duration_s=60))
        >>> [item.rank for item in answer.recommendations]
        [1, 2, 3]
        >>> all(item.reason and item.video.duration_s <= 60 for item in answer.recommendations)
        True
        """
        request = Request(user_id, k, about, rerank, rerank_budget_ms, filters)
        return self._current().recommend(request)

    def search(self, text: str, k: int = 10, *, filters: Filters = NO_FILTERS) -> Answer:
        """Find the `k` videos that match `text` best, without a reader. Raises `UsageError` for a blank text.

        >>> best = home.search("night train", k=1).recommendations[0]
        >>> "train" in best.evidence.text
        True
        """
        return self._current().search(text, k, filters)

    def as_retriever(
        self, user_id: str | None = None, k: int = 10, *, rerank: str = AUTO, filters: Filters = NO_FILTERS
    ) -> ShortlistRetriever:
        """Return a LangChain retriever over this home. The metadata of its documents has score, reason and evidence.

        With `user_id`, a query is that reader's wish, as `about` in `recommend`, and a blank query gets plain
        recommendations. Without `user_id`, a query is a text to search for.

        >>> document = home.as_retriever(user_id="user_123", k=1).invoke("something about the Moon")[0]
        >>> document.metadata["rank"], sorted(document.metadata["evidence"])
        (1, ['end_s', 'start_s', 'text'])
        """
        from shortlist.retriever import ShortlistRetriever

        def ask(query: str) -> Answer:
            if user_id is None:
                return self.search(query, k, filters=filters)
            return self.recommend(user_id, k, about=query, rerank=rerank, filters=filters)

        return ShortlistRetriever(ask=ask)

    def add_videos(self, videos: Records | str | Path) -> IngestResult:
        """Store videos and make them searchable; one whose id is known is replaced.

        `videos` are mappings with the columns of docs/data.md (at least `id` and `title`), a DataFrame or Arrow table
        with these columns, or the path of a table (.jsonl, .csv, .parquet). The result counts new, changed and
        unchanged records. Rejected records are in `failures` with the reason, and are logged as warnings.
        Raises `HomeLocked` if another process writes content, and `UsageError` for a table without the columns.

        >>> home.add_videos([{"id": "tea", "title": "How to make tea", "transcript": "Warm the pot first."}]).new
        1
        >>> home.search("warm the pot", k=1).recommendations[0].video.title
        'How to make tea'
        """
        from shortlist.ingest.load import load_videos

        loaded = load_videos(self._store, _source(videos), self._encoder, self._config.ingest)
        return self._searchable(loaded)

    def add_articles(self, articles: Records | str | Path) -> IngestResult:
        """Store articles that readers read (`title` or `body`); otherwise as `add_videos`.

        >>> home.add_articles([{"id": "a1", "title": "Tea harvest begins", "category": "Food"}]).new
        1
        """
        from shortlist.ingest.load import load_articles

        loaded = load_articles(self._store, _source(articles), self._encoder, self._config.ingest)
        return self._searchable(loaded)

    def add_readers(self, readers: Records | str | Path) -> IngestResult:
        """Store readers and their stated interests. `add_events` also creates readers. Takes no lock.

        >>> home.add_readers([{"user_id": "bob", "interests": ["tea"]}]).new
        1
        """
        from shortlist.ingest.load import load_readers

        return _log_problems(load_readers(self._store, _source(readers), self._config.ingest))

    def add_events(self, events: Records | str | Path) -> IngestResult:
        """Store what readers did: `user_id`, `item_id`, `kind`, `action`, `at`, and `dwell_s` if known. Takes no lock.

        >>> like = {"user_id": "ann", "item_id": "tea", "kind": "video", "action": "like", "at": "2026-11-20T10:00Z"}
        >>> home.add_events([like]).new
        1
        """
        from shortlist.ingest.load import load_events

        return _log_problems(load_events(self._store, _source(events), self._config.ingest))

    def close(self) -> None:
        """Close every file and connection. The home cannot be used afterwards."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<shortlist.Home {self._store.location}>"

    def _current(self) -> Recommender:
        """Return the recommender, reloaded if this or another process added content or events since."""
        catalogue = self._store.catalogue
        with self._lock:
            current, events = self._recommender, catalogue.events.version()
            if current is None or events != self._events or current.snapshot.revision != catalogue.revision():
                current = build.open_recommender(self._store, self._config, encoder=self._encoder, model=self._model)
                self._recommender, self._events = current, events
            return current

    def _searchable(self, loaded: IngestResult) -> IngestResult:
        """Index the stored records and run the merges that are due. A merge that fails stays due."""
        from shortlist.retrieval.index.background_merge import merge_in_background

        build.repair(self._store, self._config, self._encoder)
        try:
            merge_in_background(self._store)
        except StateError as error:
            log.warning("the index merge is postponed: %s", error)
        return _log_problems(loaded)


def _source(records: Records | str | Path) -> Source:
    from shortlist.ingest.tables.memory import table_of

    return records if isinstance(records, str | Path) else table_of(records)


def _log_problems(loaded: IngestResult) -> IngestResult:
    for failure in loaded.failures:
        log.warning("not stored: %s: %s", failure.where, failure.reason)
    for field in loaded.fields:
        log.warning("a field was left out: %s: %s", field.where, field.reason)
    for note in loaded.notes:
        log.warning("%s", note.full)
    return loaded
