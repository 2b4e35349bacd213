"""A data set in the product's own records."""

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
    """What is stored before anything is asked, and what is asked.

    `crowd` gives everything that readers did before the questions (for popularity and co-watching), `history` what the
    reader of one query had done by then, `reader` who they are: all three lazily, for there may be millions.
    `vectors` is a file of vectors that spares encoding, if there is one.
    """

    data: DataSet
    videos: Sequence[Video]
    articles: Sequence[Article]
    crowd: Callable[[], Iterable[Event]]
    history: Callable[[EvalQuery], Sequence[Event]]
    reader: Callable[[EvalQuery], Reader]
    vectors: Path | None = None

    def choices(self) -> Iterator[Event]:
        """The events of the crowd by which a reader chose a video: not what was shown, skipped or read."""
        return (event for event in self.crowd() if event.kind == "video" and event.action in POSITIVE)

    def sampled(self, queries: int, seed: int) -> Task:
        """The same with at most so many of its queries, drawn at random and kept in order; the crowd stays whole.

        Of one seed a smaller sample is part of a larger one, so that variants of different samples can be compared.
        """
        data, total = self.data, len(self.data.queries)
        if queries >= total:
            return self
        chosen = sorted(np.random.default_rng(seed).permutation(total)[:queries].tolist())
        kept = tuple(data.queries[at] for at in chosen)
        note = f"{queries:,} of {total:,} queries, drawn with seed {seed}"
        qrels = {query.id: data.qrels[query.id] for query in kept}
        return replace(self, data=replace(data, queries=kept, qrels=qrels, notes=(*data.notes, note)))
