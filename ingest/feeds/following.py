"""What a home follows, and the state of each feed: one JSON file in the home, replaced as a whole."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from shortlist.core.errors import HomeDamaged
from shortlist.store.home_files import FOLLOWING
from shortlist.store.permissions import create_private

KEPT_SEEN = 2_000  # entries of one feed that are remembered


@dataclass(frozen=True, slots=True)
class Follow:
    """A followed address, and what the last look at its feed found. Times are seconds since 1970.

    `seen` are hashes of the entries that were stored or left out, the newest last. `new` has, for each of them that
    became a video in the last week, the time.
    """

    address: str
    title: str = ""
    max_duration_s: float | None = None
    etag: str = ""
    modified: str = ""
    fetched: str = ""  # which of the feeds answered: validators belong to it
    seen: tuple[str, ...] = ()
    new: tuple[float, ...] = ()
    succeeded: float | None = None
    failures: int = 0  # in a row
    error: str = ""
    not_before: float = 0.0


def read_following(home: Path) -> dict[str, Follow]:
    """Return what the home follows, by address. Raises `HomeDamaged`."""
    path = home / FOLLOWING
    try:
        rows = json.loads(path.read_text("utf-8"))
        follows = [Follow(**{**row, "seen": tuple(row["seen"]), "new": tuple(row["new"])}) for row in rows]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise HomeDamaged(
            "the list of what is followed cannot be read", expected=f"the JSON of {path}", found=str(error),
            remedy="delete the file, and follow the addresses again",
        ) from error  # fmt: skip
    return {follow.address: follow for follow in follows}


def write_following(home: Path, follows: Iterable[Follow]) -> None:
    """Replace what the home follows."""
    path = home / FOLLOWING
    fresh = path.with_suffix(".new")
    create_private(fresh)
    with fresh.open("w", encoding="utf-8") as file:
        json.dump([asdict(follow) for follow in follows], file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
