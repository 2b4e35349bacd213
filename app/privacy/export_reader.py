"""Export everything that a home stores of one reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shortlist.app.pipeline import require_ops
from shortlist.app.privacy.arrivals import files_that_hold
from shortlist.app.privacy.copies import backups_that_hold
from shortlist.core.config import Config
from shortlist.ingest.simulate.tastes import Tastes
from shortlist.retrieval.trained.versions import versions
from shortlist.store.backups.backup import backup_folder
from shortlist.store.catalogue.erasure.subject import READER, Subject
from shortlist.store.home import Home
from shortlist.store.home_files import LAST_READER


def export_reader(home: Home, config: Config, user_id: str) -> dict[str, Any]:
    """Return all that is stored of the reader as one JSON document. Raises `UnknownReader`.

    Counts and models that include the reader's events without naming them are listed under `derived`.
    """
    data = home.catalogue.personal_data
    reader = Subject(READER, user_id)
    if not home.catalogue.erasures.exists(reader):
        home.catalogue.readers.get(user_id)  # raises with the nearest ids
    backups = backups_that_hold(backup_folder(home.path, config.backup.folder), reader)
    tastes = Tastes.load(home.path)
    stored = data.export(user_id)
    return {
        **stored,
        "features": [*stored["features"], *_online_features(home, config, stored)],
        "simulated": tastes is not None and any(taste.user_id == user_id for taste in tastes.readers),
        "last_reader": _remembered(home.path) == user_id,
        "files": files_that_hold(home, config, reader),
        "backups": [one.path.name for one in backups],
        "derived": {"counts": ["co-watch counts", "popularity"], "trained_versions": versions(home.path)},
    }


def _online_features(home: Home, config: Config, stored: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the newest features of the reader that are not in the catalogue."""
    if config.features.online == "catalogue":
        return []
    require_ops()
    from shortlist.ops.features.online import rows_of_reader
    from shortlist.ops.features.open_store import open_online

    met = (event["item_id"] for event in stored["events"])
    return rows_of_reader(open_online(home, config), stored["user_id"], met)


def _remembered(home: Path) -> str | None:
    try:
        return (home / LAST_READER).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
