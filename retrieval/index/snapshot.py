"""A read-only view of the index at one revision, one row per video."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from shortlist.core.notes import Note
from shortlist.core.ranking import FloatArray, Ranking
from shortlist.core.types import Kind
from shortlist.retrieval.index.act_log import ActLog
from shortlist.retrieval.index.columns import Columns, blank_columns, join_columns
from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.retrieval.index.lexicon import Lexicon, lexicon_of
from shortlist.retrieval.index.segment import SegmentView
from shortlist.retrieval.trained.versions import Trained
from shortlist.retrieval.vectors.arrays import Bools, Ints, Rows, Scores


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The state of a home at one revision. Later writes do not change it.

    Rows 0 to n - 1 are the rows of `parts`, one after the other, oldest first, including tombstones, which are never
    returned. `popular` is the decayed number of positive events by video id, `links` are the co-watch counts, and
    `notes` are remarks for the reader of an answer. `trained` are the models in use, `log` the acts of all readers.
    """

    home_id: str
    revision: int
    parts: tuple[SegmentView, ...] = ()
    articles: tuple[SegmentView, ...] = ()
    popular: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    links: Links = field(default_factory=Links.empty)
    trained: Trained = field(default_factory=Trained)
    log: ActLog = field(default_factory=ActLog.none)

    def __len__(self) -> int:
        return self.first_rows[-1]

    @cached_property
    def first_rows(self) -> list[int]:
        """The first row of each part, followed by n."""
        return [0, *np.cumsum([len(part.segment) for part in self.parts], dtype=np.int64).tolist()]

    @cached_property
    def ids(self) -> Sequence[str]:
        """The id of every row, including tombstones; see `live_ids`."""
        if len(self.parts) == 1:
            return self.parts[0].segment.ids
        return [item_id for part in self.parts for item_id in part.segment.ids]

    @cached_property
    def live(self) -> Bools:
        """bool[n]: False for tombstones."""
        return np.concatenate([np.empty(0, dtype=np.bool_), *(part.live() for part in self.parts)])

    @cached_property
    def n_live(self) -> int:
        """Number of live videos."""
        return sum(part.n_live for part in self.parts)

    @cached_property
    def order(self) -> Rows:
        """int32[n]: the rank of each row's id in ascending order, which breaks ties."""
        if len(self.parts) == 1:
            return np.arange(len(self), dtype=np.int32)
        ranks = np.empty(len(self), dtype=np.int32)
        ranks[sorted(range(len(self)), key=self.ids.__getitem__)] = np.arange(len(self), dtype=np.int32)
        return ranks

    @cached_property
    def columns(self) -> Columns:
        """The filter columns of all rows."""
        return join_columns([part.segment.columns for part in self.parts]) if self.parts else blank_columns(0)

    @cached_property
    def lexicon(self) -> Lexicon:
        """Term statistics of the live videos."""
        return lexicon_of(self.parts)

    @cached_property
    def popularity(self) -> Scores:
        """float64[n]: `popular` by row."""
        found = np.zeros(len(self))
        known = [(row, value) for item_id, value in self.popular.items() if (row := self.row(item_id)) is not None]
        if known:
            rows, values = zip(*known, strict=True)
            found[list(rows)] = values
        return found

    @cached_property
    def log_numbers(self) -> Ints:
        """int64[n]: the number of each row's video in `log`, -1 if it is not there."""
        if not self.log.numbers:
            return np.full(len(self), -1, dtype=np.int64)
        return np.array([self.log.numbers.get(item_id, -1) for item_id in self.ids], dtype=np.int64)

    @property
    def dim(self) -> int:
        """Dimension of the vectors; 0 without segments."""
        return next((part.segment.vectors.shape[1] for part in (*self.parts, *self.articles)), 0)

    def live_ids(self) -> list[str]:
        """Return the ids of the live videos, in row order."""
        return [self.ids[row] for row in np.flatnonzero(self.live).tolist()]

    def row(self, item_id: str) -> int | None:
        """Return the live row of the video `item_id`, or None."""
        for part, first in zip(self.parts, self.first_rows, strict=False):
            row = part.row(item_id)
            if row is not None:
                return first + row
        return None

    def rows(self, item_ids: Iterable[str]) -> Ints:
        """Return the live rows of `item_ids`. Unknown ids are ignored."""
        found = (self.row(item_id) for item_id in item_ids)
        return np.array([row for row in found if row is not None], dtype=np.int64)

    def category(self, row: int) -> str | None:
        """Return the category of a row, or None."""
        return self.columns.category[row]

    def vectors(self, rows: Ints) -> FloatArray:
        """Return float32[len(rows), dim], aligned with `rows`."""
        if len(self.parts) == 1:
            return self.parts[0].segment.vectors.take(rows, axis=0)  # half the time of [rows]
        gathered = np.empty((len(rows), self.dim), dtype=np.float32)
        for part, first in zip(self.parts, self.first_rows, strict=False):
            here = (rows >= first) & (rows < first + len(part.segment))
            gathered[here] = part.segment.vectors[rows[here] - first]
        return gathered

    def vectors_of(self, kind: Kind, item_ids: Iterable[str]) -> dict[str, FloatArray]:
        """Return the unit vectors of `item_ids`, which are of `kind`, by id. Items without a vector are left out.

        A video that was watched elsewhere is among the articles.
        """
        found: dict[str, FloatArray] = {}
        for item_id in item_ids:
            for part in (*self.parts, *self.articles) if kind == "video" else self.articles:
                row = part.row(item_id)
                if row is not None and part.segment.vectors[row].any():
                    found[item_id] = part.segment.vectors[row]
                    break
        return found

    def ranking(self, rows: Ints, scores: Scores, origin: str, **more: Any) -> Ranking:
        """Return the `Ranking` of `rows`, best first, and their `scores`. `more` are further fields of `Ranking`."""
        return Ranking(tuple(map(self.ids.__getitem__, rows.tolist())), scores, origin, **more)
