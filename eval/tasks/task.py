"""A data set as Shortlist's own records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from shortlist.core.types import Article, Event, Reader, Video
from shortlist.eval.data.dataset import DataSet, EvalQuery
from shortlist.store.catalogue.events import POSITIVE


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A data set with the records to store before its queries run.

    `past_events` returns the events of all readers before the first query, for popularity and co-watching. `history`
    returns the events of a query's reader before that query, and `reader` the reader. All three are functions because
    there may be millions of events. `vectors` is the path of cached vectors, if there are any.
    """

    data: DataSet
    videos: Sequence[Video]
    articles: Sequence[Article]
    past_events: Callable[[], Iterable[Event]]
    history: Callable[[EvalQuery], Sequence[Event]]
    reader: Callable[[EvalQuery], Reader]
    vectors: Path | None = None

    def choices(self) -> Iterator[Event]:
        """Return the past events in which a reader chose a video: no impressions, skips or articles."""
        return (event for event in self.past_events() if event.kind == "video" and event.action in POSITIVE)

    def sampled(self, queries: int, seed: int) -> Task:
        """Return the task with at most `queries` queries, drawn at random, in their order. Past events stay complete.

        With the same seed a smaller sample is part of a larger one, so that their variants can be compared.
        """
        data, total = self.data, len(self.data.queries)
        if queries >= total:
            return self
        rows = sorted(np.random.default_rng(seed).permutation(total)[:queries].tolist())
        sample = tuple(data.queries[row] for row in rows)
        note = f"{queries:,} of {total:,} queries, drawn with seed {seed}"
        qrels = {query.id: data.qrels[query.id] for query in sample}
        return replace(self, data=replace(data, queries=sample, qrels=qrels, notes=(*data.notes, note)))
