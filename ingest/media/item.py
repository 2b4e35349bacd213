"""What a source of media yields: items that can be fetched, and what is passed over or cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shortlist.core.types import Video
from shortlist.ingest.tables.rows import Failure


@dataclass(frozen=True, slots=True)
class Fetched:
    """A video as far as it is known. `media` is to be transcribed unless `video` has a transcript already.

    `ours` says that `media` is a download, which may be removed.
    """

    video: Video
    media: Path | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A video that was passed over, and why."""

    location: str
    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something at `location` (a path or address), whose `version` changes when what lies there does.

    `fetch(folder)` gets it, into `folder` if it has to be downloaded. It raises `MediaError` for what cannot be had,
    `StateError` where nothing can be written. What a stopped fetch left in `folder` is taken up again.
    """

    location: str
    fetch: Callable[[Path], Fetched | Unwanted]
    version: str = ""


Entry = Item | Unwanted | Failure


class Source(Protocol):
    """Media to be had from one place."""

    def items(self) -> Iterator[Entry]:
        """Everything the place has now, read a little at a time. A place that cannot be read is a `Failure`."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are wanted; None means any. `limit` counts those that are left after the others."""

    max_duration_s: float | None = None
    published_after: datetime | None = None
    limit: int | None = None

    def objection(self, duration_s: float | None, published: datetime | None) -> str | None:
        """Why an item is not wanted; None if it is. What is not known is no objection."""
        if duration_s is not None and self.max_duration_s is not None and duration_s > self.max_duration_s:
            return f"{duration_s:.0f} s long, the longest wanted is {self.max_duration_s:g} s"
        if published is not None and self.published_after is not None and published < self.published_after:
            return f"published before {self.published_after:%Y-%m-%d}"
        return None
