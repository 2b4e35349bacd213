"""A source of media in memory. It passes the contract suite that the real ones pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shortlist.core.types import Segment, Transcript, Video
from shortlist.ingest.media.source import Entry, Fetched, Item, MediaFilter
from shortlist.ingest.tables.rows import Failure

EVERYTHING = MediaFilter()


class MemorySource:
    """A `Source` of `n` videos: empty files, or captions without `files`. `fetched` counts what was taken from it.

    `missing` says that the place cannot be read.
    """

    def __init__(
        self, n: int, files: bool = True, media_filter: MediaFilter = EVERYTHING, missing: bool = False
    ) -> None:
        self.n = n if media_filter.limit is None else min(n, media_filter.limit)
        self.files = files
        self.missing = missing
        self.fetched = 0

    def items(self) -> Iterator[Entry]:
        if self.missing:
            yield Failure("shelf:", "nothing lies there")
            return
        for n in range(self.n):
            yield Item(f"shelf:{n}", lambda folder, n=n: self.fetch(folder, n))  # type: ignore[misc]

    def fetch(self, folder: Path, n: int) -> Fetched:
        self.fetched += 1
        spoken = Transcript((Segment(f"Number {n} rises in the oven."),), "en", "captions")
        if not self.files:
            return Fetched(Video(f"v{n}", f"Clip {n}", transcript=spoken))
        path = folder / f"{n}.wav"
        path.touch()
        return Fetched(Video(f"v{n}", f"Clip {n}"), path, temporary=True)
