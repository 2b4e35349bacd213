"""Columns by which videos are filtered, one value per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from shortlist.core.types import Video
from shortlist.retrieval.vectors.arrays import Floats, Rows, Scores


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A categorical column: `codes`, int32[n], are indices into `names`; -1 for rows without a value."""

    codes: Rows
    names: tuple[str, ...]

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Labels:
        """Encode `values`, one per row. An empty text counts as no value."""
        names = tuple(sorted({value for value in values if value}))
        number = {name: code for code, name in enumerate(names)}
        return cls(np.array([number.get(value or "", -1) for value in values], dtype=np.int32), names)

    def __getitem__(self, row: int) -> str | None:
        code = int(self.codes[row])
        return self.names[code] if code >= 0 else None

    def is_in(self, names: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return bool[n]: True for rows whose label is one of `names`."""
        selected = np.array([name in names for name in self.names] + [False])  # the last is for code -1
        return selected[self.codes]

    def by_code(self, values: Mapping[str, float]) -> Scores:
        """Return float64[len(names) + 1]: the value of each label by code, 0 if missing; the last is for code -1."""
        return np.array([values.get(name, 0.0) for name in self.names] + [0.0])


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns of n rows.

    `duration_s` is float32[n] and `published` float64[n], in epoch seconds; both are NaN if unknown.
    """

    duration_s: Floats
    published: Scores
    category: Labels
    channel: Labels
    language: Labels


def columns_of(videos: Sequence[Video]) -> Columns:
    """Return the columns of `videos`, row i for `videos[i]`. A missing language is that of the transcript."""
    durations = [np.nan if video.duration_s is None else video.duration_s for video in videos]
    return Columns(
        np.array(durations, dtype=np.float32),
        np.array([_seconds(video.published) for video in videos], dtype=np.float64),
        Labels.of([video.category for video in videos]),
        Labels.of([video.channel for video in videos]),
        Labels.of([video.language or video.transcript.language for video in videos]),
    )


def blank_columns(rows: int) -> Columns:
    """Return columns of `rows` rows without values."""
    none = Labels.of([None] * rows)
    return Columns(np.full(rows, np.nan, np.float32), np.full(rows, np.nan), none, none, none)


def join_columns(parts: Sequence[Columns]) -> Columns:
    """Concatenate the rows of `parts`."""
    if len(parts) == 1:
        return parts[0]
    return Columns(
        np.concatenate([part.duration_s for part in parts]),
        np.concatenate([part.published for part in parts]),
        _join_labels([part.category for part in parts]),
        _join_labels([part.channel for part in parts]),
        _join_labels([part.language for part in parts]),
    )


def take_rows(columns: Columns, rows: npt.NDArray[np.integer]) -> Columns:
    """Return the given `rows` of `columns`, in that order."""
    labels = [Labels(part.codes[rows], part.names) for part in (columns.category, columns.channel, columns.language)]
    return Columns(columns.duration_s[rows], columns.published[rows], *labels)


def _join_labels(parts: Sequence[Labels]) -> Labels:
    names = tuple(sorted(set().union(*(part.names for part in parts))))
    number = {name: code for code, name in enumerate(names)}
    recoded = [np.array([*map(number.__getitem__, part.names), -1], dtype=np.int32)[part.codes] for part in parts]
    return Labels(np.concatenate(recoded), names)


def _seconds(moment: datetime | None) -> float:
    return np.nan if moment is None else moment.timestamp()
