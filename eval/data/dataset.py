"""The record every data set becomes: items, what is asked of them, and which answers are right."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shortlist.core.errors import RecordError
from shortlist.eval.data.line_reader import checked_id, three_of
from shortlist.eval.data.trec_files import Qrels


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be ranked. `title` or `text` may be empty; `category` is None where the source has none."""

    id: str
    title: str
    text: str = ""
    category: str | None = None
    subcategory: str | None = None


@dataclass(frozen=True, slots=True)
class EvalQuery:
    """One list to be ranked: for a text, or for a reader with a history (item ids, oldest first).

    `history_times` is aligned with `history`, or None where the source has no times; `at` is the moment of asking.
    `candidates` are the only items to rank, None the whole catalogue.
    """

    id: str
    text: str | None = None
    user_id: str | None = None
    history: tuple[str, ...] = ()
    history_times: tuple[datetime, ...] | None = None
    at: datetime | None = None
    candidates: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """A whole evaluation. Every query has judgements, and every judgement a query.

    `name` is the kind of SPEC and the last folder, as `beir-scifact`. `qrels` holds grades by query and item id; what
    is not judged has grade 0. `exclude_seen` asks that the query's history be left out of the ranking, `not_itself`
    that the item of the query's own id be: some sets ask with their own documents. `data_hash` is
    that of the files read; `notes` say what a person should know, such as what was left out.

    Raises `RecordError` at construction where the parts do not belong together, with the number of ids at fault and
    three of them: no item or query, a repeated id, an id with white space, a query without candidates, no relevant
    item at all, and ids that the catalogue lacks. A query with candidates may have judged items outside the
    catalogue: they count in the ideal.
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

    def __post_init__(self) -> None:
        if not any(grade >= 1 for grades in self.qrels.values() for grade in grades.values()):
            raise self._wrong("a judgement of grade 1 or higher", "none")
        known = self._checked_ids([item.id for item in self.items], "item")
        asked = self._checked_ids([query.id for query in self.queries], "query")
        self._require_none(self.qrels.keys() - asked, "judged queries that are not among the queries")
        self._require_none(asked - self.qrels.keys(), "queries without judgements")
        self._check_candidates(known)
        self._check_judgements(known)
        used = {item for query in self.queries for item in query.history}
        self._require_none(used - known, "items in histories that are not in the catalogue")

    def excluded(self, query: EvalQuery) -> frozenset[str]:
        """Ids that must not be ranked for `query`."""
        seen = query.history if self.exclude_seen else ()
        return frozenset([*seen, query.id] if self.not_itself else seen)

    def _checked_ids(self, ids: list[str], what: str) -> set[str]:
        if not ids:
            raise self._wrong(f"at least one {what}", "none")
        for value in ids:
            checked_id(value, f"of {self.name}", f"{what} id")
        unique = set(ids)
        if len(unique) < len(ids):
            raise self._wrong(
                f"unique {what} ids",
                f"{three_of(value for value, uses in Counter(ids).items() if uses > 1)} used twice",
            )
        return unique

    def _check_candidates(self, known: Collection[str]) -> None:
        bare = [query.id for query in self.queries if query.candidates is not None and not query.candidates]
        self._require_none(bare, "queries without candidates")
        offered = {item for query in self.queries for item in query.candidates or ()}
        self._require_none(offered - set(known), "candidates that are not in the catalogue")

    def _check_judgements(self, known: Collection[str]) -> None:
        free = {query.id for query in self.queries if query.candidates is None}
        judged = {item for query in free for item in self.qrels[query]}
        self._require_none(judged - set(known), "judged items that are not in the catalogue")

    def _require_none(self, ids: Collection[str], what: str) -> None:
        if ids:
            raise self._wrong(f"no {what}", three_of(ids))

    def _wrong(self, expected: str, found: str) -> RecordError:
        return RecordError(
            f"bad data set {self.name}", expected=expected, found=found, remedy="check that its files belong together"
        )


def named(kind: str, folder: Path) -> str:
    """The data set's name, as `beir-scifact`."""
    return f"{kind}-{folder.resolve().name}"


def hash_files(kind: str, paths: Iterable[Path]) -> str:
    """sha256 over the kind, and the name and content of every file in the order given."""
    whole = hashlib.sha256(kind.encode())
    for path in paths:
        with path.open("rb") as file:
            whole.update(f"\0{path.name}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def judged_texts(texts: Iterable[tuple[str, str]], qrels: Qrels) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """The (query, text) pairs that have judgements, and a note on the others, which trec_eval leaves out too."""
    pairs = list(texts)
    kept = [(query, text) for query, text in pairs if query in qrels]
    left = len(pairs) - len(kept)
    return kept, ((f"{left} queries without judgements were left out",) if left else ())
