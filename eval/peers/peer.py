"""The protocol of peers, and the `Answerer` that ranks by their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from shortlist.agent.stopwatch import Stopwatch
from shortlist.core.ranking import Ranking
from shortlist.eval.answer.answerer import Answer, depth_of
from shortlist.eval.data.dataset import DataSet, EvalQuery
from shortlist.eval.tasks.task import Task
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.documents.document import transcript_text

Scores = npt.NDArray[np.float64]
HISTORY = 50  # Shortlist's own default


@dataclass(frozen=True, slots=True, eq=False)
class PeerData:
    """The data of a peer: the texts of all items by row, the readers' choices, and an encoder.

    `rows` maps item ids to rows. `histories` holds the rows that each reader had chosen, by user id, oldest first.
    """

    task: Task
    texts: Sequence[str]
    rows: dict[str, int]
    histories: dict[str, list[int]]
    encoder: Encoder
    seed: int

    def history_rows(self, query: EvalQuery) -> list[int]:
        """Return the rows that the reader of `query` had chosen, oldest first."""
        return [self.rows[item] for item in query.history]

    def query_text(self, query: EvalQuery) -> str:
        """Return the text for a search engine: the query's text, or the titles in its reader's history."""
        if query.text is not None:
            return query.text
        return " ".join(self.task.data.items[row].title for row in self.history_rows(query)[-HISTORY:])


class Peer(Protocol):
    """Another system, constructed from a `PeerData`."""

    def scores(self, query: EvalQuery, rows: npt.NDArray[np.int64] | None) -> Scores:
        """Return float64[items]: higher is better, minus infinity for items that the peer does not rank.

        With `rows`, only the scores of these rows are used.
        """
        ...


class PeerAnswerer:
    """An `Answerer` that ranks by a peer's scores, without excluded items and items that are no candidates."""

    batch_size = 64

    def __init__(self, peer: Peer, name: str, data: PeerData) -> None:
        self._peer = peer
        self._name = name
        self._rows = data.rows
        self._data: DataSet = data.task.data
        self._ids = [item.id for item in self._data.items]

    def __call__(self, queries: Sequence[EvalQuery]) -> list[Answer]:
        """See `Answerer`."""
        return [self._answer(query) for query in queries]

    def _answer(self, query: EvalQuery) -> Answer:
        watch = Stopwatch()
        with watch.stage("rank"):
            ids = query.candidates
            rows = None if ids is None else np.array([self._rows[item] for item in ids], dtype=np.int64)
            scores = np.array(self._peer.scores(query, rows), dtype=np.float64)
            if rows is not None:
                mask = np.ones(len(scores), dtype=np.bool_)
                mask[rows] = False
                scores[mask] = -np.inf
            scores[[self._rows[item] for item in self._data.excluded(query) if item in self._rows]] = -np.inf
            ranked = np.flatnonzero(scores > -np.inf)
            pairs = [(self._ids[row], float(scores[row])) for row in _best(scores, ranked, depth_of(query)).tolist()]
        return Answer(Ranking.of(pairs, self._name), watch.ms)


def build_peer_data(task: Task, encoder: Encoder, seed: int) -> PeerData:
    """Return the data for the peers of `task`. The texts are those that Shortlist stores."""
    rows = {item.id: row for row, item in enumerate(task.data.items)}
    text = {video.id: transcript_text(video) for video in task.videos}
    histories: dict[str, list[int]] = {}
    for event in sorted(task.choices(), key=lambda event: event.at):
        if event.item_id in rows:
            histories.setdefault(event.user_id, []).append(rows[event.item_id])
    return PeerData(task, [text[item.id] for item in task.data.items], rows, histories, encoder, seed)


def _best(scores: Scores, rows: npt.NDArray[np.int64], depth: int) -> npt.NDArray[np.int64]:
    """Return the rows of the `depth` highest scores in any order; the lowest rows win a tie for the last place."""
    if len(rows) <= depth:
        return rows
    threshold = np.partition(scores[rows], len(rows) - depth)[len(rows) - depth]
    above = rows[scores[rows] > threshold]
    return np.concatenate([above, rows[scores[rows] == threshold][: depth - len(above)]])
