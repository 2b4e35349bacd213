"""Names of the files of a home, and a check for a home."""

from __future__ import annotations

from pathlib import Path

CATALOGUE = "catalogue.sqlite3"
ANSWERS = "answers.sqlite3"
VECTORS = "vectors.sqlite3"
CHROMA = "chroma"
CHAT_HISTORY = "chat-history"  # lines typed in `shortlist chat`
RECEIPTS = "receipts"  # of forgotten readers, and the key that signs them
DAMAGE = "damage.json"  # found by a check and not repaired yet
DRIFT_REPORT = "drift.json"
DRIFT_PAGE = "drift.html"
FOLLOWED = "followed"  # copies of published snapshots
LAST_READER = "last-reader"  # of `shortlist recommend`
FOLLOWING = "following.json"  # what the home follows, and the state of each feed
PUBLISHED = "published"  # snapshots, unless they are published elsewhere
PUBLISHING = "publishing"  # what is being published
FEATURES = "features"  # the history of the feature store
FEATURES_LOCK = "features.lock"  # of the process that changes it


def is_home(folder: Path) -> bool:
    """Return whether `folder` contains any file of a home. With the catalogue on a server, only the others exist."""
    return any((folder / name).exists() for name in (CATALOGUE, CHROMA, VECTORS, ANSWERS))
