"""The seam of every peer, and how its scores become answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from shortlist.agent.stopwatch import Stopwatch
from shortlist.core.ranking import Ranking
from shortlist.eval.answer.answered import Answered, depth_of
from shortlist.eval.data.dataset import DataSet, EvalQuery
from shortlist.eval.tasks.task import Task
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.documents.document import transcript_text

Scores = npt.NDArray[np.float64]
HISTORY = 50  # as many items as the product looks at by default


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What a peer is made from: the texts of all items, row by row, who had chosen which rows, and an encoder.

    `rows` maps an item id to its row; `histories` holds the rows that each reader had chosen, oldest first.
    """

    task: Task
    texts: Sequence[str]
    rows: dict[str, int]
    histories: dict[str, list[int]]
    encoder: Encoder
    seed: int

    def of_query(self, query: EvalQuery) -> list[int]:
        """The rows that the reader of `query` had chosen, oldest first."""
        return [self.rows[item] for item in query.history]

    def text_of(self, query: EvalQuery) -> str:
        """What a search engine is asked: the query's text, or the titles that its reader had chosen."""
        if query.text is not None:
            return query.text
        return " ".join(self.task.data.items[row].title for row in self.of_query(query)[-HISTORY:])


class Peer(Protocol):
    """An outside system over one `World`."""

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """float64[items]: the higher the better, minus infinity for what it does not rank; only `rows` are read."""
        ...


class PeerAnswerer:
    """A peer as an `Answerer`. What it says of seen items, or beyond the candidates, is left out."""

    batch = 64

    def __init__(self, peer: Peer, name: str, world: World) -> None:
        self._peer = peer
        self._name = name
        self._rows = world.rows
        self._data: DataSet = world.task.data
        self._ids = [item.id for item in self._data.items]

    def __call__(self, queries: Sequence[EvalQuery]) -> list[Answered]:
        """See `Answerer`."""
        return [self._answer(query) for query in queries]

    def _answer(self, query: EvalQuery) -> Answered:
        watch = Stopwatch()
        with watch.stage("rank"):
            offered = query.candidates
            rows = None if offered is None else np.array([self._rows[item] for item in offered], dtype=np.int64)
            scores = np.array(self._peer.scores(query, rows), dtype=np.float64)
            if rows is not None:
                mask = np.ones(len(scores), dtype=np.bool_)
                mask[rows] = False
                scores[mask] = -np.inf
            scores[[self._rows[item] for item in self._data.excluded(query) if item in self._rows]] = -np.inf
            ranked = np.flatnonzero(scores > -np.inf)
            pairs = [(self._ids[row], float(scores[row])) for row in _best(scores, ranked, depth_of(query)).tolist()]
        return Answered(Ranking.of(pairs, self._name), watch.ms)


def world_of(task: Task, encoder: Encoder, seed: int) -> World:
    """What peers are made from; texts are the very ones that the product keeps."""
    rows = {item.id: row for row, item in enumerate(task.data.items)}
    text = {video.id: transcript_text(video) for video in task.videos}
    histories: dict[str, list[int]] = {}
    for event in sorted(task.choices(), key=lambda event: event.at):
        if event.item_id in rows:
            histories.setdefault(event.user_id, []).append(rows[event.item_id])
    return World(task, [text[item.id] for item in task.data.items], rows, histories, encoder, seed)


def _best(scores: Scores, rows: npt.NDArray[np.int64], depth: int) -> npt.NDArray[np.int64]:
    """The rows of the `depth` highest scores and whatever ties with the last; `Ranking.of` puts them in order."""
    if len(rows) <= depth:
        return rows
    cut = np.partition(scores[rows], len(rows) - depth)[len(rows) - depth]
    above = rows[scores[rows] > cut]
    return np.concatenate([above, rows[scores[rows] == cut][: depth - len(above)]])
