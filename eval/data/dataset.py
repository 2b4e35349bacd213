"""The common form of data sets: items, queries and relevance judgements."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shortlist.core.errors import RecordError
from shortlist.eval.data.line_reader import check_id, count_with_examples
from shortlist.eval.data.trec_files import Qrels


@dataclass(frozen=True, slots=True)
class Item:
    """An item to rank. `title` or `text` may be empty; `category` is None if the source has none."""

    id: str
    title: str
    text: str = ""
    category: str | None = None
    subcategory: str | None = None


@dataclass(frozen=True, slots=True)
class EvalQuery:
    """A request for one ranking: for a text, or for a reader with a history (item ids, oldest first).

    `history_times` is aligned with `history`, or None if the source has no times. `at` is the time of the request.
    `candidates` are the only items to rank; None means the whole catalogue.
    """

    id: str
    text: str | None = None
    user_id: str | None = None
    history: tuple[str, ...] = ()
    history_times: tuple[datetime, ...] | None = None
    at: datetime | None = None
    candidates: tuple[str, ...] | None = None


Shown = tuple[str, datetime, bool]


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """A data set. Every query has judgements, and every judgement a query.

    `name` is the kind of SPEC and the last folder, as `beir-scifact`. `qrels` holds grades by query and item id;
    unjudged items have grade 0. `exclude_seen` keeps the query's history out of its ranking. `not_itself` keeps out the
    item with the query's own id, because some data sets use their documents as queries. `data_hash` is the hash of the
    files; `notes` are remarks for the report, for example on queries that were left out. `log` has the impressions of
    all readers, (item id, time, clicked): a request may count those before it.

    The constructor raises `RecordError`, with examples, for a data set without items, queries or relevant items, for
    repeated ids and ids with white space, for queries without candidates or judgements, and for ids that are not in the
    catalogue. Judged items of a query with candidates may lie outside the catalogue: they count in the ideal ranking.
    """

    name: str
    kind: str
    items: tuple[Item, ...]
    queries: tuple[EvalQuery, ...]
    qrels: Qrels
    data_hash: str
    exclude_seen: bool = False
    not_itself: bool = False
    notes: tuple[str, ...] = ()
    log: tuple[Shown, ...] = ()

    def __post_init__(self) -> None:
        if not any(grade >= 1 for grades in self.qrels.values() for grade in grades.values()):
            raise self._error("a judgement of grade 1 or higher", "none")
        items = self._unique_ids([item.id for item in self.items], "item")
        queries = self._unique_ids([query.id for query in self.queries], "query")
        self._require_none(self.qrels.keys() - queries, "judged queries that are not among the queries")
        self._require_none(queries - self.qrels.keys(), "queries without judgements")
        self._check_candidates(items)
        self._check_judgements(items)
        read = {item for query in self.queries for item in query.history}
        self._require_none(read - items, "items in histories that are not in the catalogue")

    def excluded(self, query: EvalQuery) -> frozenset[str]:
        """Return the ids that must not be ranked for `query`."""
        seen = query.history if self.exclude_seen else ()
        return frozenset([*seen, query.id] if self.not_itself else seen)

    def _unique_ids(self, ids: list[str], what: str) -> set[str]:
        if not ids:
            raise self._error(f"at least one {what}", "none")
        for value in ids:
            check_id(value, f"of {self.name}", f"{what} id")
        unique = set(ids)
        if len(unique) < len(ids):
            raise self._error(
                f"unique {what} ids",
                f"{count_with_examples(value for value, uses in Counter(ids).items() if uses > 1)} used twice",
            )
        return unique

    def _check_candidates(self, items: Collection[str]) -> None:
        empty = [query.id for query in self.queries if query.candidates is not None and not query.candidates]
        self._require_none(empty, "queries without candidates")
        candidates = {item for query in self.queries for item in query.candidates or ()}
        self._require_none(candidates - set(items), "candidates that are not in the catalogue")

    def _check_judgements(self, items: Collection[str]) -> None:
        queries = {query.id for query in self.queries if query.candidates is None}
        judged = {item for query in queries for item in self.qrels[query]}
        self._require_none(judged - set(items), "judged items that are not in the catalogue")

    def _require_none(self, ids: Collection[str], what: str) -> None:
        if ids:
            raise self._error(f"no {what}", count_with_examples(ids))

    def _error(self, expected: str, found: str) -> RecordError:
        return RecordError(
            f"bad data set {self.name}", expected=expected, found=found, remedy="check that its files belong together"
        )


def dataset_name(kind: str, folder: Path) -> str:
    """Return the name of the data set in `folder`, as `beir-scifact`."""
    return f"{kind}-{folder.resolve().name}"


def hash_files(kind: str, paths: Iterable[Path]) -> str:
    """Return the sha256 of the kind, and of the names and contents of the files in the given order."""
    sha = hashlib.sha256(kind.encode())
    for path in paths:
        with path.open("rb") as file:
            sha.update(f"\0{path.name}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    return sha.hexdigest()


def judged_queries(texts: Iterable[tuple[str, str]], qrels: Qrels) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Return the (query id, text) pairs with judgements, and a note on the others, which trec_eval leaves out too."""
    pairs = list(texts)
    judged = [(query, text) for query, text in pairs if query in qrels]
    unjudged = len(pairs) - len(judged)
    return judged, ((f"{unjudged} queries without judgements were left out",) if unjudged else ())
