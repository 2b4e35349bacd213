"""What videos are filtered by, one value a row."""

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
    """Text values as numbers: `codes`, int32[n], index `names`; -1 where a row has none."""

    codes: Rows
    names: tuple[str, ...]

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Labels:
        """The labels of `values`, row by row; blank counts as none."""
        names = tuple(sorted({value for value in values if value}))
        number = {name: code for code, name in enumerate(names)}
        return cls(np.array([number.get(value or "", -1) for value in values], dtype=np.int32), names)

    def __getitem__(self, row: int) -> str | None:
        code = int(self.codes[row])
        return self.names[code] if code >= 0 else None

    def among(self, wanted: Sequence[str]) -> npt.NDArray[np.bool_]:
        """bool[n]: whether a row's label is one of `wanted`."""
        chosen = np.array([name in wanted for name in self.names] + [False])  # -1 reads the last
        return chosen[self.codes]

    def shares(self, of_name: Mapping[str, float]) -> Scores:
        """float64[len(names) + 1]: `of_name` by code, 0 where it has none; the last, which -1 reads, is 0."""
        return np.array([of_name.get(name, 0.0) for name in self.names] + [0.0])


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """`duration_s` is float32[n] and `published` float64[n] (epoch seconds), NaN where unknown; the rest are labels."""

    duration_s: Floats
    published: Scores
    category: Labels
    channel: Labels
    language: Labels


def columns_of(videos: Sequence[Video]) -> Columns:
    """The columns of `videos`, row i for `videos[i]`. A video without a language has that of its transcript."""
    durations = [np.nan if video.duration_s is None else video.duration_s for video in videos]
    return Columns(
        np.array(durations, dtype=np.float32),
        np.array([_seconds(video.published) for video in videos], dtype=np.float64),
        Labels.of([video.category for video in videos]),
        Labels.of([video.channel for video in videos]),
        Labels.of([video.language or video.transcript.language for video in videos]),
    )


def blank_columns(rows: int) -> Columns:
    """Columns in which nothing is known."""
    none = Labels.of([None] * rows)
    return Columns(np.full(rows, np.nan, np.float32), np.full(rows, np.nan), none, none, none)


def join_columns(parts: Sequence[Columns]) -> Columns:
    """The rows of all `parts`, one after the other."""
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
    """The given `rows` of `columns`, in that order."""
    labels = [Labels(part.codes[rows], part.names) for part in (columns.category, columns.channel, columns.language)]
    return Columns(columns.duration_s[rows], columns.published[rows], *labels)


def _join_labels(parts: Sequence[Labels]) -> Labels:
    names = tuple(sorted(set().union(*(part.names for part in parts))))
    number = {name: code for code, name in enumerate(names)}
    recoded = [np.array([*map(number.__getitem__, part.names), -1], dtype=np.int32)[part.codes] for part in parts]
    return Labels(np.concatenate(recoded), names)


def _seconds(moment: datetime | None) -> float:
    return np.nan if moment is None else moment.timestamp()
