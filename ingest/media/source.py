"""The `Source` protocol for media, and the entries it yields: items to fetch, skipped videos and failures."""

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
    """A video and its media file, which is transcribed unless `video` already has a transcript.

    `temporary` marks a download, which may be deleted afterwards; a user's own file never is. `picture` is the JPEG
    that the page of the video shows, if any.
    """

    video: Video
    media: Path | None = None
    temporary: bool = False
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A video that the filter left out, and the reason."""

    location: str
    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """A video at `location` (a path or address). `version` changes with the content there.

    `fetch(folder)` downloads it into `folder` if it is remote, and resumes a download that was interrupted. It raises
    `MediaError` if the video cannot be fetched, and `StateError` if `folder` cannot be written.
    """

    location: str
    fetch: Callable[[Path], Fetched | Skipped]
    version: str = ""


Entry = Item | Skipped | Failure


class Source(Protocol):
    """A place that holds media: a folder, an address, a bucket."""

    def items(self) -> Iterator[Entry]:
        """List the current entries lazily. Yields a `Failure` if the place cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class MediaFilter:
    """Limits on the videos to ingest; None means no limit. `limit` counts the videos that pass the other two."""

    max_duration_s: float | None = None
    published_after: datetime | None = None
    limit: int | None = None

    def rejection(self, duration_s: float | None, published: datetime | None) -> str | None:
        """Return the reason to skip a video; None to ingest it. An unknown duration or date passes."""
        if duration_s is not None and self.max_duration_s is not None and duration_s > self.max_duration_s:
            return f"{duration_s:.0f} s long, the limit is {self.max_duration_s:g} s"
        if published is not None and self.published_after is not None and published < self.published_after:
            return f"published before {self.published_after:%Y-%m-%d}"
        return None
