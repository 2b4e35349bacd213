"""How far the features of a home are built. Reading it needs no extra package, so servers can show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shortlist.store.catalogue.rows import EPOCH
from shortlist.store.home_files import FEATURES

PROGRESS = "progress.json"


@dataclass(frozen=True, slots=True)
class Progress:
    """The end of a build: all that was known before the microsecond `until` is in the store.

    `versions` has the version of each view that was built, and `settings` the settings that decide its values.
    `last_event` is the number of the newest event that was read, `last_id` its id, and `removal` the mark of the newest
    removal of events.
    """

    until: int
    versions: Mapping[str, str]
    settings: str = ""
    last_event: int = 0
    last_id: str = ""
    removal: str = ""

    @property
    def moment(self) -> datetime:
        """The time of `until`."""
        return EPOCH + timedelta(microseconds=self.until)


def read_progress(home: Path) -> Progress | None:
    """Return the end of the last build of the home at `home`, or None before the first.

    A file of another version of Shortlist counts as none: everything is built again.
    """
    try:
        return Progress(**json.loads((home / FEATURES / PROGRESS).read_text()))
    except (FileNotFoundError, TypeError):
        return None
