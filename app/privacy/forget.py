"""Forget readers: the catalogue first, then everything derived from it. An interrupted run is completed by the next.

The steps: erase the rows in one transaction and leave a mark; clean files, caches, models and copies; replace the mark
by one without ids; rewrite the SQLite files; write the receipt; delete the mark. Each step may be repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shortlist.app.privacy.copies import Treatment, backups_that_hold, treat_copies
from shortlist.app.privacy.files import clean_caches, clean_files, clean_models, drop_counts
from shortlist.app.privacy.prove import prove as prove_it
from shortlist.app.privacy.receipt import Document, pseudonym, write_receipt
from shortlist.core.config import Config
from shortlist.core.errors import UnknownReader, UsageError
from shortlist.retrieval.index.cowatch_counts import load_links
from shortlist.retrieval.index.index import FOLDER
from shortlist.store.backups.backup import backup_folder
from shortlist.store.home import Home

OUTSIDE = (
    "files of `shortlist export` and reports, and backups that were copied elsewhere",
    "logs of servers and proxies: the path of a request may hold a reader's id",
    "free blocks of the disk: a file that was replaced or shortened is not overwritten there",
)
ON_A_SERVER = "the PostgreSQL server: its files, log and backups hold erased rows until they are vacuumed and rotated"


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
    home: Home, config: Config, user_ids: Sequence[str], backups: Treatment = "keep", *, prove: bool = False
) -> Forgotten:
    """Forget the readers and those of an interrupted run, and return the receipt. `prove` adds a proof to it.

    Raises `UnknownReader`, before anything changes, for an id that is neither stored nor in an interrupted run;
    `UsageError` if there is no id and no such run; `HomeLocked` while another process writes content; `StateError` if
    a file cannot be written. After an error the next call completes the work.
    """
    data = home.catalogue.personal_data
    with home.writing("forgetting readers"):
        folder = backup_folder(home.path, config.backup.folder)
        in_backups = {user_id for user_id in user_ids if backups_that_hold(folder, user_id)}
        _require_known(home, set(user_ids) - in_backups)
        texts: set[str] = set()
        for user_id in user_ids:
            if user_id in in_backups or data.exists(user_id):
                texts |= data.erase(user_id).texts
        if erased := data.erased():
            data.settle(_derived(home, config, erased, backups))
        receipt = data.settled()
        if receipt is None:
            raise UsageError(
                "nothing to forget", expected="a READER", found="none, and no interrupted run",
                remedy="name a reader",
            )  # fmt: skip
        receipt["wiped"] = home.wipe()
        drop_counts(home)
        load_links(home, home.path / FOLDER)
        receipt["outside"] = [*OUTSIDE, *([] if receipt["wiped"] else [ON_A_SERVER])]
        receipt["proof"] = prove_it(home, config, user_ids, texts) if prove else None
        path, signed = write_receipt(home.path, receipt)
        data.finish()
    return Forgotten(path, signed)


def _require_known(home: Home, user_ids: Collection[str]) -> None:
    data = home.catalogue.personal_data
    begun = data.erased()
    done = {one["reader"] for one in (data.settled() or {}).get("readers", ())}
    for user_id in user_ids:
        known = user_id in begun or pseudonym(home.path, user_id) in done or data.exists(user_id)
        if not known:
            home.catalogue.readers.get(user_id)  # raises with the nearest ids
            raise UnknownReader(user_id, ())


def _derived(home: Home, config: Config, erased: Mapping[str, Mapping[str, int]], backups: Treatment) -> dict[str, Any]:
    """Clean everything but the SQLite files of the home, and return the receipt so far, without ids."""
    clean_files(home, erased.keys())
    before = home.catalogue.personal_data.settled() or {"readers": []}
    people = [{"reader": pseudonym(home.path, user_id), "erased": rows} for user_id, rows in erased.items()]
    return {
        "receipt": 1,
        "home": home.home_id,
        "forgotten": datetime.now(UTC).isoformat(timespec="seconds"),
        "readers": [*before["readers"], *people],
        "caches": clean_caches(home),
        "models": clean_models(home, sum(rows["events"] for rows in erased.values())),
        "backups": treat_copies(home.path, backup_folder(home.path, config.backup.folder), erased.keys(), backups),
    }
