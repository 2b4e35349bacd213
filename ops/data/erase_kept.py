"""Erase what is forgotten from the files that the pipeline keeps, and find it in those that wait to be stored."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shortlist.ops.data.erase_rows import Outcome, erase_rows
from shortlist.ops.data.inbox import DONE, FAILED, INCOMING, PROCESSING, QUARANTINED, Inbox
from shortlist.ops.data.ledger import Ledger
from shortlist.ops.data.tables import KINDS, Kind
from shortlist.store.catalogue.erasure.subject import Subject, mention_of

CHANGED: tuple[Outcome, ...] = ("rewritten", "deleted")
SHORTEST = 6  # characters of an id that is not in the name of a file by chance


@dataclass(frozen=True, slots=True)
class ErasedFiles:
    """Numbers of files, and the names of those that cannot be read and therefore were not searched."""

    rewritten: int
    deleted: int
    unsearched: tuple[str, ...]


def erase_kept(
    inbox: Inbox, ledger: Ledger, scratch: Path, subjects: Collection[Subject], locations: Collection[str]
) -> ErasedFiles:
    """Erase the subjects from done/, quarantine/ and failed/: their rows, and the media files at `locations`.

    A file whose own name names a subject is deleted. `scratch` is a local folder for copies. May be repeated.
    """
    outcomes: Counter[Outcome] = Counter()
    unsearched = []
    deleted = set[str]()
    for name in _kept(inbox):
        outcome = _erase(inbox, scratch, name, subjects, locations)
        outcomes[outcome] += 1
        if outcome == "unsearched":
            unsearched.append(name)
        elif outcome == "deleted":
            deleted.add(name)
    ledger.redact(lambda name: name in deleted or _is_named(name, subjects))
    return ErasedFiles(outcomes["rewritten"], outcomes["deleted"], tuple(unsearched))


def holding(inbox: Inbox, scratch: Path, subject: Subject) -> Iterator[str]:
    """Yield the names of the files in done/, quarantine/ and failed/ whose rows name the subject."""
    for name in _kept(inbox):
        kind, copy = _kind_of(name), scratch / Path(name).name
        anywhere = not name.startswith(f"{DONE}/")
        if kind and inbox.copy(name, copy) and erase_rows(copy, kind, [subject], anywhere=anywhere) in CHANGED:
            yield name


def waiting(inbox: Inbox, home: Path, scratch: Path, subjects: Collection[Subject]) -> Iterator[str]:
    """Yield the names of files in incoming/, and in processing/ of the home, that would bring a subject back."""
    for name in inbox.names(INCOMING):
        kind, copy = _kind_of(name), scratch / Path(name).name
        if kind and inbox.copy(name, copy) and erase_rows(copy, kind, subjects, anywhere=False) in CHANGED:
            yield name
    for path in sorted((home / PROCESSING).rglob("*")):
        name = path.relative_to(home).as_posix()
        kind, copy = _kind_of(name), scratch / path.name
        if kind and path.is_file():
            shutil.copyfile(path, copy)
            if erase_rows(copy, kind, subjects, anywhere=False) in CHANGED:
                yield name


def _kept(inbox: Inbox) -> Iterator[str]:
    for folder in (DONE, QUARANTINED, FAILED):
        yield from inbox.names(folder)


def _erase(
    inbox: Inbox, scratch: Path, name: str, subjects: Collection[Subject], locations: Collection[str]
) -> Outcome:
    kind, copy = _kind_of(name), scratch / Path(name).name
    is_media = any(location.endswith(f"/{name}") for location in locations)
    if is_media or _is_named(name, subjects):
        inbox.remove(name)
        return "deleted"
    if kind is None or not inbox.copy(name, copy):
        return "unchanged"
    outcome = erase_rows(copy, kind, subjects, anywhere=not name.startswith(f"{DONE}/"))
    if outcome == "rewritten":
        inbox.keep(copy, name)
    elif outcome == "deleted":
        inbox.remove(name)
    return outcome


def _kind_of(name: str) -> Kind | None:
    """Return the kind of rows in the file, from its folder; None for media."""
    folders: Mapping[str, Kind] = {**{kind: kind for kind in KINDS}, "transcripts": "videos"}
    return folders.get(name.split("/")[1])


def _is_named(name: str, subjects: Collection[Subject]) -> bool:
    """Return whether the name of a file, without some of its suffixes, has an id as a word."""
    parts = name.split(".")
    stems = [".".join(parts[:number]) for number in range(1, len(parts) + 1)]
    patterns = [mention_of(subject.id) for subject in subjects if len(subject.id) >= SHORTEST]
    return any(pattern.search(stem) for pattern in patterns for stem in stems)
