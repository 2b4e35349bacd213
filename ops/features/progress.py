"""How far the features of a home are built. Reading it needs no extra package, so servers can show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shortlist.store.catalogue.rows import EPOCH
from shortlist.store.home_files import FEATURES

PROGRESS = "progress.json"


@dataclass(frozen=True, slots=True)
class Progress:
    """The end of a build: all that was known before the microsecond `until` is in the store.

    `definitions` hashes what decides the values. `last_event` is the number of the newest event that was read,
    `last_id` its id, and `removal` the mark of the newest removal of events.
    """

    definitions: str
    last_event: int
    removal: str
    until: int
    last_id: str = ""

    @property
    def moment(self) -> datetime:
        """The time of `until`."""
        return EPOCH + timedelta(microseconds=self.until)


def read_progress(home: Path) -> Progress | None:
    """Return the end of the last build of the home at `home`, or None before the first."""
    try:
        return Progress(**json.loads((home / FEATURES / PROGRESS).read_text()))
    except FileNotFoundError:
        return None
