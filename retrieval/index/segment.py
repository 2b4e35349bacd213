"""An immutable segment: items of one kind that were indexed together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shortlist.core.stuffing import Sifted, sift
from shortlist.core.types import EXTRACTIVE, KEYWORDS, Kind, Video
from shortlist.retrieval.index.columns import Columns, blank_columns, columns_of, join_columns, take_rows
from shortlist.retrieval.index.postings import Postings, count_terms, merge_postings
from shortlist.retrieval.vectors.arrays import Bools, Floats, Ints, Rows
from shortlist.retrieval.vectors.ivf import IvfPq
from shortlist.store.documents.document import content

_NO_ROWS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Rows in ascending order of id. `vectors` is float32[n, d]: unit rows, or zeros for an item without a vector.

    Articles are looked up and never searched, so their postings and columns are empty. `cells` is None for small
    segments, and before a segment is written.
    """

    kind: Kind
    ids: Sequence[str]
    vectors: Floats
    columns: Columns
    postings: Postings
    cells: IvfPq | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, item_id: str) -> int | None:
        """Return the row of `item_id`, or None."""
        row = bisect_left(self.ids, item_id)
        return row if row < len(self) and self.ids[row] == item_id else None


@dataclass(frozen=True, slots=True, eq=False)
class SegmentView:
    """A segment at one revision. The rows in `dead`, ascending, are tombstones: replaced or removed since."""

    segment: Segment
    dead: Ints = field(default_factory=_NO_ROWS.copy)

    @classmethod
    def of(cls, segment: Segment, dead: Sequence[int]) -> SegmentView:
        """Return `segment` with the tombstones `dead`, in any order."""
        return cls(segment, np.array(sorted(dead), dtype=np.int64))

    @property
    def n_live(self) -> int:
        """Number of live rows."""
        return len(self.segment) - len(self.dead)

    def live(self) -> Bools:
        """Return bool[n]: False for tombstones."""
        mask = np.ones(len(self.segment), dtype=np.bool_)
        mask[self.dead] = False
        return mask

    def live_ids(self) -> list[str]:
        """Return the ids of the live rows."""
        return [self.segment.ids[row] for row in np.flatnonzero(self.live()).tolist()]

    def row(self, item_id: str) -> int | None:
        """Return the live row of `item_id`, or None."""
        row = self.segment.find(item_id)
        if row is None:
            return None
        at = int(np.searchsorted(self.dead, row))
        return None if at < len(self.dead) and self.dead[at] == row else row

    def without(self, item_ids: Sequence[str]) -> SegmentView:
        """Return this view with `item_ids` as further tombstones. Unknown ids are ignored."""
        removed = [row for row in map(self.row, item_ids) if row is not None]
        return SegmentView(self.segment, np.union1d(self.dead, np.array(removed, dtype=np.int64))) if removed else self


def video_segment(videos: Sequence[Video], vectors: Floats) -> Segment:
    """Return `videos` as a segment. `vectors` is float32[n, d], aligned with them."""
    order = sorted(range(len(videos)), key=lambda at: videos[at].id)
    ranked = [videos[at] for at in order]
    postings = count_terms(map(indexed_text, ranked))
    return Segment("video", [video.id for video in ranked], vectors[order], columns_of(ranked), postings)


def article_segment(ids: Sequence[str], vectors: Floats) -> Segment:
    """Return articles as a segment. `vectors` is float32[n, d], aligned with `ids`."""
    order = sorted(range(len(ids)), key=ids.__getitem__)
    postings = count_terms([Sifted("", "")] * len(ids))
    return Segment("article", [ids[at] for at in order], vectors[order], blank_columns(len(ids)), postings)


def indexed_text(video: Video) -> Sifted:
    """Return the text of `video` that the lexical legs search. Tags count as prose.

    Extractive summaries and keywords are left out, as they would only count words of the transcript twice.
    """
    made = video.enrichment
    summary = made.summary.value if made.summary and made.summary.made_by != EXTRACTIVE else ""
    tags = "" if made.tags_made_by == KEYWORDS else " ".join(made.tags)
    title = made.rewritten_title.value if made.rewritten_title else ""
    parts = [sift(part) for part in (video.title, content(video), title, summary)]
    return Sifted("\n".join([*(part.prose for part in parts), tags]), "\n".join(part.stuffing for part in parts))


def merge_segments(parts: Sequence[SegmentView]) -> Segment:
    """Return the live rows of `parts`, which are of one kind, as one segment."""
    kept = np.concatenate([part.live() for part in parts])
    ids = [item_id for part in parts for item_id in part.segment.ids]
    rows = np.array(sorted(np.flatnonzero(kept).tolist(), key=ids.__getitem__), dtype=np.int64)
    moved = np.full(len(ids), -1, dtype=np.int32)
    moved[rows] = np.arange(len(rows), dtype=np.int32)
    ends = np.cumsum([len(part.segment) for part in parts])
    new_rows: list[Rows] = np.split(moved, ends[:-1])
    segments = [part.segment for part in parts]
    vectors = np.empty((len(rows), segments[0].vectors.shape[1]), dtype=np.float32)
    for segment, target in zip(segments, new_rows, strict=True):
        vectors[target[target >= 0]] = segment.vectors[target >= 0]
    return Segment(
        segments[0].kind,
        [ids[row] for row in rows.tolist()],
        vectors,
        take_rows(join_columns([segment.columns for segment in segments]), rows),
        merge_postings([segment.postings for segment in segments], new_rows, len(rows)),
    )
