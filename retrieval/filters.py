"""Select the rows that may be returned: filters, `exclude`, `only` and tombstones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.core.ranking import Filters, Query
from shortlist.retrieval.analysis import term_keys, terms
from shortlist.retrieval.index.columns import Columns, Labels
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.vectors.arrays import Bools, Ints


@dataclass(frozen=True, slots=True, eq=False)
class AllowedRows:
    """The rows that may be returned: those where `mask`, bool[n], is True, or all if it is None.

    If the query names its candidates, `rows` are their rows, and exactly these are returned.
    """

    mask: Bools | None = None
    rows: Ints | None = None


def allowed_rows(snapshot: Snapshot, query: Query) -> AllowedRows:
    """Return the rows of `snapshot` that `query` allows. A video without a value of a filtered field is left out."""
    masks = [*_masks(snapshot.columns, query.filters), *_word_masks(snapshot, query.filters.not_words)]
    if snapshot.n_live < len(snapshot):
        masks.append(snapshot.live)
    excluded = snapshot.rows(query.exclude.union(query.filters.not_videos))
    mask = np.logical_and.reduce(masks) if masks else None
    if len(excluded):
        mask = np.ones(len(snapshot), dtype=np.bool_) if mask is None else mask
        mask[excluded] = False
    if query.only is None:
        return AllowedRows(mask)
    rows = snapshot.rows(query.only)
    return AllowedRows(mask, rows if mask is None else rows[mask[rows]])


def count_rows(snapshot: Snapshot, filters: Filters, words: Sequence[str]) -> int:
    """Return the number of videos that pass `filters` and contain all of `words`, in any form with the same stem."""
    wanted = [~mask for word in words for mask in _word_masks(snapshot, [word])]
    masks = [snapshot.live, *_masks(snapshot.columns, filters), *_word_masks(snapshot, filters.not_words), *wanted]
    return int(np.logical_and.reduce(masks).sum())


def _masks(columns: Columns, filters: Filters) -> Iterator[Bools]:
    if filters.max_duration_s is not None:
        yield columns.duration_s <= filters.max_duration_s  # False for NaN, as below
    if filters.min_duration_s is not None:
        yield columns.duration_s >= filters.min_duration_s
    if filters.published_after is not None:
        yield columns.published >= filters.published_after.timestamp()
    if filters.published_before is not None:
        yield columns.published < filters.published_before.timestamp()
    if filters.category is not None:
        yield has_label(columns.category, filters.category)
    if filters.channel is not None:
        yield has_label(columns.channel, filters.channel)
    if filters.language is not None:
        yield _has_language(columns.language, filters.language)
    yield from (~has_label(columns.category, name) for name in filters.not_categories)
    yield from (~has_label(columns.channel, name) for name in filters.not_channels)
    yield from (~_has_language(columns.language, name) for name in filters.not_languages)


def _word_masks(snapshot: Snapshot, words: Sequence[str]) -> Iterator[Bools]:
    """Yield bool[n]: False for rows that contain any of `words`, in any form with the same stem."""
    keys = term_keys(terms(" ".join(words)))
    if not len(keys):
        return
    mask = np.ones(len(snapshot), dtype=np.bool_)
    for part, first in zip(snapshot.parts, snapshot.first_rows, strict=False):
        postings = part.segment.postings
        for number in postings.find(keys)[1].tolist():
            mask[first + postings.rows[postings.starts[number] : postings.starts[number + 1]]] = False
    yield mask


def has_label(labels: Labels, label: str) -> Bools:
    """Return bool[n]: True for rows with `label`, in whatever case."""
    return labels.is_in([name for name in labels.names if name.casefold() == label.casefold()])


def _has_language(labels: Labels, language: str) -> Bools:
    """Return bool[n]: True for rows in `language`. `en` also matches `en-GB`."""
    tag = language.casefold()
    return labels.is_in([name for name in labels.names if (name.casefold() + "-").startswith(tag + "-")])
