"""The Python interface to a home: recommend, search and add records."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shortlist.app.settings import find_settings
from shortlist.core.config import AUTO, NONE
from shortlist.core.errors import StateError, UsageError
from shortlist.core.ranking import Answer, Filters, Request
from shortlist.core.types import ME
from shortlist.engine.build import repair
from shortlist.engine.engine import Engine, open_engine

if TYPE_CHECKING:
    from shortlist.agent.chat.reply import Reply
    from shortlist.agent.recommend import Recommender
    from shortlist.agent.what_if.what_if import WhatIf
    from shortlist.app.privacy.copies import Treatment
    from shortlist.ingest.history.store import Imported
    from shortlist.ingest.load import IngestResult
    from shortlist.ingest.tables.memory import Records
    from shortlist.ingest.tables.read import Source
    from shortlist.retriever import ShortlistRetriever
    from shortlist.store.home import Home as StoredHome

NO_FILTERS = Filters()
MAX_K = 1000

log = logging.getLogger(__name__)


def open_home(path: str | Path | None, *, create: bool, config: str | Path | None, settings: Mapping[str, Any]) -> Home:
    """See `shortlist.open`."""
    overrides = dict(settings) if path is None else {**settings, "home": Path(path)}
    chosen = find_settings(None if config is None else Path(config), overrides).config
    return Home(open_engine(chosen, create=create))


class Home:
    """An open home. Get one from `shortlist.open`; close it with `close` or use it in a `with` statement.

    Its methods may be called from several threads. Models are loaded by the first call that needs them.
    """

    def __init__(self, engine: Engine) -> None:
        self._open: Engine | None = engine
        self._config = engine.config

    @property
    def _engine(self) -> Engine:
        if self._open is None:
            remedy = "open it again with shortlist.open"
            raise UsageError("the home is closed", expected="an open home", found="a call after close", remedy=remedy)
        return self._open

    @property
    def _store(self) -> StoredHome:
        return self._engine.home

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
        _check_k(k)
        self._engine.reloader.refresh(max_age_s=0)
        return self._engine.recommend(Request(user_id, k, about, rerank, rerank_budget_ms, filters))

    def search(self, text: str, k: int = 10, *, filters: Filters = NO_FILTERS) -> Answer:
        """Find the `k` videos that match `text` best, without a reader. Raises `UsageError` for a blank text.

        >>> best = home.search("night train", k=1).recommendations[0]
        >>> "train" in best.evidence.text
        True
        """
        _check_k(k)
        return self._recommender().search(text, k, filters)

    def what_if(
        self,
        user_id: str,
        k: int = 10,
        *,
        about: str | None = None,
        without: Iterable[str] = (),
        more: Iterable[str] = (),
        less: Iterable[str] = (),
        length_s: float | None = None,
        weights: Mapping[str, float] | None = None,
        half_life_days: float | None = None,
    ) -> WhatIf:
        """Compare a reader's list before and after a change. Nothing is stored, and no language model is asked.

        `without` has ids of history items to ignore, `more` and `less` name categories or channels, `length_s` is the
        length in seconds above which a video is wanted less, `weights` replace those of legs, and an event counts half
        after `half_life_days`. Raises `UnknownReader`, and `UsageError` for no change, an unknown name, leg or item.

        >>> moves = home.what_if("user_123", k=3, less=["sci/tech"]).moves
        >>> any(move.before != move.after for move in moves)
        True
        """
        from shortlist.agent.what_if.what_if import read_change, what_if

        _check_k(k)
        recommender = self._recommender()
        change = read_change(
            recommender, without=without, more=more, less=less, length_s=length_s, weights=weights,
            half_life_days=half_life_days,
        )  # fmt: skip
        return what_if(recommender, self._store.catalogue, Request(user_id, k, about, NONE), change)

    def chat(self, message: str, user_id: str | None = None, *, thread: str = "default") -> Reply:
        """Reply to one message. A thread remembers its reader and its last list, here and on the command line.

        Feedback in the message is stored. Raises `ServiceError` if a model is missing.

        >>> home.chat("three about trains for user_123", thread="doctest").action.name
        'recommend'
        """
        self._engine.reloader.refresh(max_age_s=0)
        return self._engine.chat().turn(message, user_id, thread)

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

        loaded = load_videos(self._store, _source(videos), self._engine.encoder, self._config.ingest)
        return self._searchable(loaded)

    def add_articles(self, articles: Records | str | Path) -> IngestResult:
        """Store articles that readers read (`title` or `body`); otherwise as `add_videos`.

        >>> home.add_articles([{"id": "a1", "title": "Tea harvest begins", "category": "Food"}]).new
        1
        """
        from shortlist.ingest.load import load_articles

        loaded = load_articles(self._store, _source(articles), self._engine.encoder, self._config.ingest)
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

    def import_history(
        self,
        source: str | Path,
        user_id: str = ME,
        *,
        since: datetime | None = None,
        domains: Iterable[str] = (),
        person: str | None = None,
        searches: bool = True,
        follow: bool = False,
    ) -> Imported:
        """Import what a person did elsewhere from a file, zip or folder that docs/import.md lists.

        The reader is created if unknown. `since` leaves out what is older, `domains` are those whose pages are taken
        from a browser, `person` says whose acts to take from an export of several, `follow` follows its channels, too.
        Without `searches` what was searched for is left out.
        Importing it again adds nothing. The result counts new and known events and has the `batch`, which `shortlist
        import undo` removes.
        Raises `UsageError` for a file of an unknown kind, and `HomeLocked` if another process writes content.
        """
        from shortlist.ingest.history.read import read_history
        from shortlist.ingest.history.store import store_history

        history = read_history([str(source)], since)
        if person is not None:
            history.keep_person(person)
        if not searches:
            history.leave_out_searches()
        history.choose(list(domains))
        done = store_history(self._store, history, user_id, self._engine.encoder, self._config.ingest, follow=follow)
        repair(self._store, self._config)
        return done

    def export_reader(self, user_id: str) -> dict[str, Any]:
        """Return all that is stored of a reader, as one JSON document. Raises `UnknownReader`.

        >>> len(home.export_reader("user_123")["events"]) > 0
        True
        """
        from shortlist.app.privacy.export_reader import export_reader

        self._engine.exposures.flush()
        return export_reader(self._store, self._config, user_id)

    def forget(
        self,
        *readers: str,
        videos: Iterable[str] = (),
        articles: Iterable[str] = (),
        backups: Treatment = "keep",
        prove: bool = False,
    ) -> dict[str, Any]:
        """Erase readers, videos and articles by id from everything here, for good, and return the signed receipt.

        `backups` is "keep", "rewrite" or "delete". With `prove`, the receipt says whether every file of the home was
        searched without finding them. Raises `UnknownReader` or `UnknownItem` before anything changes, and `HomeLocked`
        if another process writes content.

        >>> _ = home.add_readers([{"user_id": "carl"}])
        >>> [one["kind"] for one in home.forget("carl")["readers"]]
        ['reader']
        """
        from shortlist.app.privacy.forget import forget
        from shortlist.store.catalogue.erasure.subject import Subject

        self._engine.exposures.flush()
        subjects = [
            *(Subject("reader", one) for one in readers),
            *(Subject("video", one) for one in videos),
            *(Subject("article", one) for one in articles),
        ]
        return forget(self._store, self._config, subjects, backups, prove=prove).receipt

    def close(self) -> None:
        """Close every file and connection. Later calls raise `UsageError`, but closing again does nothing."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<shortlist.Home, closed>" if self._open is None else f"<shortlist.Home {self._store.location}>"

    def _recommender(self) -> Recommender:
        """Return the newest recommender, also after this or another process added content or events."""
        self._engine.reloader.refresh(max_age_s=0)
        return self._engine.recommender()

    def _searchable(self, loaded: IngestResult) -> IngestResult:
        """Index the stored records and run the merges that are due. A merge that fails stays due."""
        from shortlist.retrieval.index.background_merge import merge_in_background

        repair(self._store, self._config, self._engine.encoder)
        try:
            merge_in_background(self._store)
        except StateError as error:
            log.warning("the index merge is postponed: %s", error)
        return _log_problems(loaded)


def _check_k(k: int) -> None:
    if not isinstance(k, int) or not 1 <= k <= MAX_K:
        raise UsageError("bad k", expected=f"a whole number from 1 to {MAX_K}", found=repr(k), remedy="correct k")


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
