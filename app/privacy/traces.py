"""Search the catalogue and all files of a home for what is forgotten."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass

from shortlist.app.privacy.file_search import SHORT, search_files
from shortlist.core.types import KINDS
from shortlist.store.catalogue.erasure.personal_data import names_reader
from shortlist.store.catalogue.erasure.subject import READER, Subject, SubjectKind, mention_of
from shortlist.store.home import Home

SHORTEST_TEXT = 12  # "the moon" may be in any file, and proves nothing
CONTENT_TABLES = {"videos", "segments", "enrichments", "articles"}

# The columns in which an id names a reader, or an item. In all others it is a word of some text.
IN_LISTS = {"messages.message", "meta.key"}
OF_READERS = IN_LISTS | {
    "readers.id", "events.user_id", "events.request_id", "exposures.user_id", "exposures.request", "tastes.user_id",
    "tastes.sentence", "objectives.user_id", "features.user_id", "keys.scope", "keys.label", "messages.thread",
}  # fmt: skip
OF_ITEMS = IN_LISTS | {"events.item_id", "exposures.items", "exposures.request", "features.item_id", "steps.item"}
NAMING: Mapping[SubjectKind, Set[str]] = {
    READER: OF_READERS,
    "video": OF_ITEMS | {"videos.id", "segments.video_id", "enrichments.video_id", "locations.video_id"},
    "article": OF_ITEMS | {"articles.id"},
}


@dataclass(frozen=True, slots=True)
class Search:
    """Places of traces, the number of files searched, and the number of ids too short for binary files."""

    found: tuple[str, ...]
    files: int
    short_ids: int


def find_traces(home: Home, subjects: Collection[Subject], texts: Collection[str]) -> Search:
    """Search all columns of the catalogue, and the bytes of all files but the receipts, for the ids and texts.

    In a file an id counts as a word of its own, or, in a SQLite file, anywhere, because values follow each other
    without a space there. It does not count if the content has it, too, and neither does a text. Short texts are not
    searched for.
    """
    found, inside, words = _in_catalogue(home, subjects)
    ids = {subject.id for subject in subjects}
    long = [text for text in texts if len(text) >= SHORTEST_TEXT]
    files, holding, with_texts = search_files(home.path, ids, inside, words, long)
    found += holding
    kept = _in_content(home, set().union(*with_texts.values()))
    found += [name for name, texts_inside in with_texts.items() if texts_inside - kept]
    return Search(tuple(sorted(found)), files, sum(len(one.encode()) < SHORT for one in ids))


def _in_catalogue(home: Home, subjects: Collection[Subject]) -> tuple[list[str], set[str], set[str]]:
    """Return the columns that name a subject, the ids inside of any kept value, and those that are words of one."""
    patterns = {subject: mention_of(subject.id) for subject in subjects}
    naming = {subject: _naming(home, subject) for subject in subjects}
    found, inside, words = dict[str, None](), set[str](), set[str]()
    for column, value in home.catalogue.erasures.iterate_texts():
        for subject in (one for one in subjects if one.id in value):
            inside.add(subject.id)
            if column == "messages.message" and subject.kind == READER:
                named = names_reader(json.loads(value), subject.id, patterns[subject])
            else:
                named = bool(patterns[subject].search(value))
            if named and column in naming[subject]:
                found[f"{column} of the catalogue"] = None
            elif named:
                words.add(subject.id)
    return list(found), inside, words


def _naming(home: Home, subject: Subject) -> Set[str]:
    """Return the columns in which the id names the subject. An item of the other kind may have the same id."""
    shared = (Subject(kind, subject.id) for kind in KINDS if kind != subject.kind != READER)
    return NAMING[subject.kind] - (OF_ITEMS if any(map(home.catalogue.erasures.exists, shared)) else set())


def _in_content(home: Home, texts: Set[str]) -> set[str]:
    """Return those of the texts that are inside of a kept video or article."""
    if not texts:
        return set()
    values = (
        value for column, value in home.catalogue.erasures.iterate_texts() if column.partition(".")[0] in CONTENT_TABLES
    )
    return {text for value in values for text in texts if text in value}
