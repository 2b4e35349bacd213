"""Forget readers, videos and articles: the catalogue first, then everything derived from it.

The steps: erase the rows in one transaction and leave a mark; clean files, caches, models and copies; replace the mark
by one without ids; rewrite the SQLite files; write the receipt; delete the mark. Each step may be repeated, and an
interrupted run is completed by the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from shortlist.app.privacy.arrivals import clean_arrivals, refuse_waiting
from shortlist.app.privacy.copies import TREATMENTS, Treatment, backups_that_hold, treat_copies
from shortlist.app.privacy.files import clean_caches, clean_files, clean_models, drop_counts
from shortlist.app.privacy.items import clean_items, empty_chroma
from shortlist.app.privacy.prove import prove as prove_it
from shortlist.app.privacy.receipt import Document, pseudonym, write_receipt
from shortlist.core.config import Config, StoreConfig
from shortlist.core.errors import UnknownItem, UnknownReader, UsageError
from shortlist.retrieval.index.cowatch_file import load_links
from shortlist.retrieval.index.index import FOLDER
from shortlist.store.backups.backup import backup_folder
from shortlist.store.catalogue.erasure.subject import READER, Erased, Subject
from shortlist.store.home import Home

OUTSIDE = (
    "files of `shortlist export` and reports, and backups that were copied elsewhere",
    "copies of data that `shortlist eval` made in its cache (`eval.cache`): delete them",
    "published snapshots and the copies of servers: run `shortlist ops publish --keep 1`, which deletes the older ones",
    "logs of servers and proxies: the path of a request may hold a reader's id",
    "free blocks of the disk: a file that was replaced or shortened is not overwritten there",
)
ON_A_SERVER = "the PostgreSQL server: its files, log and backups hold erased rows until they are vacuumed and rotated"
IN_SAGEMAKER = "the offline store of SageMaker: it has earlier features of readers; docs/aws.md says how to delete them"
OF_ITEMS = "your own media files and tables: the next ingest of them stores a video or an article again"
ON_A_SERVER_OF_ITEMS = "a Chroma server's files, and the tombstones in PostgreSQL, from which other homes learn the ids"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A signed receipt and its file in the home."""

    path: Path
    receipt: Document

    @property
    def proved(self) -> bool:
        """True unless a proof was asked for and failed."""
        return self.receipt["proof"] is None or bool(self.receipt["proof"]["holds"])


def forget(
    home: Home, config: Config, subjects: Sequence[Subject], backups: Treatment = "keep", *, prove: bool = False
) -> Forgotten:
    """Forget the subjects and those of an interrupted run, and return the receipt. `prove` adds a proof to it.

    An interrupted run is completed with what it was asked to do with backups, or `backups` if that leaves less. With
    `prove` a subject may be unknown: the proof says whether anything is left of it, and nothing changes if all are.

    Raises `UnknownReader` or `UnknownItem`, before anything changes, for one that is neither stored nor in an
    interrupted run, without `prove`; `UsageError` if there is none and no such run, or if a file of the pipeline would
    bring one back; `HomeLocked` while another process writes content; `StateError` if a file cannot be
    written. After an error the next call completes the work.
    """
    data = home.catalogue.erasures
    with home.writing("forgetting"):
        folder = backup_folder(home.path, config.backup.folder)
        in_backups = {subject for subject in subjects if backups_that_hold(folder, subject)}
        unknown = [one for one in subjects if one not in in_backups and not _is_known(home, one)]
        if unknown and not prove:
            _refuse(home, unknown[0])
        refuse_waiting(home, config, subjects)
        texts: set[str] = set()
        for subject in subjects:
            if subject in in_backups or data.exists(subject):
                texts |= data.erase(subject, backups).texts
        if erased := data.erased():
            local = home.servers.catalogue is None
            data.settle(_derived(home, config, erased, texts, backups), drop_tombstones=local)
        receipt = data.settled()
        if receipt is None and unknown:
            return _absence(home, config, subjects)
        if receipt is None:
            raise UsageError(
                "nothing to forget", expected="a reader, --video or --article", found="none, and no interrupted run",
                remedy="name one",
            )  # fmt: skip
        receipt["wiped"] = home.wipe()
        drop_counts(home)
        load_links(home, home.path / FOLDER, config.retrieval.cowatch_top)
        receipt["outside"] = [*_outside(home, config, receipt)]
        receipt["absent"] = _codes(home, unknown)
        receipt["proof"] = prove_it(home, config, subjects, texts) if prove else None
        path, signed = write_receipt(home.path, receipt)
        data.finish()
    return Forgotten(path, signed)


def _absence(home: Home, config: Config, subjects: Sequence[Subject]) -> Forgotten:
    """Prove that nothing is left of subjects that are not stored, and write a receipt of that."""
    receipt = {
        "receipt": 2, "home": home.home_id, "forgotten": None, "proved": _now(), "readers": [], "items": [],
        "absent": _codes(home, subjects), "proof": prove_it(home, config, subjects, ()),
    }  # fmt: skip
    return Forgotten(*write_receipt(home.path, receipt))


def _codes(home: Home, subjects: Sequence[Subject]) -> list[dict[str, str]]:
    return [{"kind": subject.kind, "code": pseudonym(home.path, subject)} for subject in subjects]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _outside(home: Home, config: Config, receipt: Document) -> Iterator[str]:
    yield from OUTSIDE
    if config.features.online == "sagemaker":
        yield IN_SAGEMAKER
    if not receipt["wiped"]:
        yield ON_A_SERVER
    if receipt["items"]:
        yield OF_ITEMS
        if home.servers != StoreConfig():
            yield ON_A_SERVER_OF_ITEMS


def _is_known(home: Home, subject: Subject) -> bool:
    """Return whether the subject is stored, or in an interrupted run."""
    erasures = home.catalogue.erasures
    before = erasures.settled() or {}
    done = {one["code"] for part in ("readers", "items") for one in before.get(part, ())}
    return subject in erasures.erased() or pseudonym(home.path, subject) in done or erasures.exists(subject)


def _refuse(home: Home, subject: Subject) -> NoReturn:
    if subject.kind == READER:
        home.catalogue.readers.get(subject.id)  # raises with the nearest ids
        raise UnknownReader(subject.id, ())
    remedy = "find its id with `shortlist search TEXT`" if subject.kind == "video" else "correct the id"
    raise UnknownItem(
        f"unknown {subject.kind}", expected="the id of one in this home", found=repr(subject.id),
        remedy=f"{remedy}, or add --prove to see whether anything is left of it",
    )  # fmt: skip


def _derived(
    home: Home, config: Config, erased: Mapping[Subject, Erased], texts: Collection[str], backups: Treatment
) -> dict[str, Any]:
    """Clean everything but the SQLite files of the home, and return the receipt so far, without ids."""
    clean_files(home, config, erased.keys())
    asked = {backups, *(one.backups for one in erased.values())}
    treatment = [one for one in TREATMENTS if one in asked][-1]
    before = home.catalogue.erasures.settled() or {}
    done = [
        {"kind": subject.kind, "code": pseudonym(home.path, subject), "erased": one.rows}
        for subject, one in erased.items()
    ]
    return {
        "receipt": 2,
        "home": home.home_id,
        "forgotten": _now(),
        "readers": [*before.get("readers", ()), *(one for one in done if one["kind"] == READER)],
        "items": [*before.get("items", ()), *(one for one in done if one["kind"] != READER)],
        "downloads": clean_items(home, erased),
        "chroma_emptied": empty_chroma(home, erased.keys(), texts),
        "arrivals": clean_arrivals(home, config, erased),
        "caches": clean_caches(home),
        "models": clean_models(home, sum(one.rows["events"] for one in erased.values())),
        "backups": treat_copies(home.path, backup_folder(home.path, config.backup.folder), erased.keys(), treatment),
    }
