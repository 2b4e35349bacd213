"""Evidence for a video: its links from the reader's liked videos, and how significant they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shortlist.core.config import RetrievalConfig
from shortlist.core.types import HistoryItem
from shortlist.retrieval.index.cowatch_counts import UNIT, Links
from shortlist.retrieval.vectors.arrays import Ints, Scores

CHANCE = 0.01  # the p-value from which on a link counts in full


@dataclass(frozen=True, slots=True, eq=False)
class LinkEvidence:
    """The links of each liked video to one other video. All arrays are float64[n], aligned with `liked`.

    `values` add up to the cowatch score of the other video. `after` and `before` are lower bounds of the number of
    readers who watched it after and before the liked video. `watched` is the number of readers of the liked video.
    `significance` is from 0 (as many readers as chance gives) to 1.
    """

    liked: tuple[str, ...]
    values: Scores
    after: Scores
    before: Scores
    watched: Scores
    significance: Scores

    @property
    def confidence(self) -> float:
        """Mean significance, weighted by `values`; 0 without a link."""
        total = float(self.values.sum())
        return float(self.values @ self.significance) / total if total > 0 else 0.0


def liked_weights(history: Sequence[HistoryItem], links: Links, config: RetrievalConfig) -> dict[int, float]:
    """Return the weight, by number, of each video with links in `history` (newest first). The newest weighs 1."""
    videos = [item.item_id for item in history if item.kind == "video"]
    numbers, recency = links.numbers, config.cowatch_recency
    return {numbers[item]: recency**back for back, item in enumerate(videos) if item in numbers}


def damping(watched: Ints, config: RetrievalConfig) -> Scores:
    """Return float64[n]: the factor of all links of each video. `watched`, int64[n], has the number of its readers."""
    return np.asarray(np.maximum(watched, 1.0) ** -config.cowatch_damping)


def link_evidence(
    links: Links, weights: Mapping[int, float], numbers: Sequence[int], config: RetrievalConfig
) -> list[LinkEvidence]:
    """Return the evidence for each of the videos `numbers` from the liked videos in `weights`."""
    liked = np.fromiter(weights, dtype=np.int64, count=len(weights))
    others = np.array(numbers, dtype=np.int64)
    rows, columns = np.tile(liked, len(others)), np.repeat(others, len(liked))  # all pairs: one look-up is as slow
    forward, backward = _counts(links, rows, columns), _counts(links, columns, rows)
    damped = damping(links.watched[rows], config) * damping(links.watched[columns], config)
    values = (forward + config.cowatch_backward * backward) * damped
    values *= np.tile(np.fromiter(weights.values(), dtype=np.float64, count=len(weights)), len(others))
    watched, watched_other = links.watched[rows].astype(np.float64), links.watched[columns]
    both = np.minimum(np.ceil(forward + backward), np.minimum(watched, watched_other))
    chance = significance(both, watched * watched_other / max(1, links.readers))
    facts = np.stack([values, np.ceil(forward), np.ceil(backward), watched, chance])
    ids = tuple(links.ids[number] for number in liked.tolist())
    return [LinkEvidence(ids, *facts[:, at : at + len(liked)]) for at in range(0, len(rows), len(liked))]


def significance(observed: Scores, expected: Scores) -> Scores:
    """Return log P / log `CHANCE`, at most 1, for P = P(X >= `observed`) and X ~ Poisson(`expected`).

    One common reader of two videos is chance among a dozen readers, but not among thousands.
    """
    from scipy.special import gammainc  # slow to import, and not needed by readers without links

    chance = np.where(observed > 0, gammainc(np.maximum(observed, 1.0), np.maximum(expected, 1e-300)), 1.0)
    return np.minimum(1.0, np.log(np.maximum(chance, 1e-300)) / math.log(CHANCE))


def _counts(links: Links, rows: Ints, columns: Ints) -> Scores:
    """Return the links from `rows` to `columns`: lower bounds of numbers of readers, because each adds 0.47 to 1."""
    return np.asarray(links.forward[rows, columns], dtype=np.float64).ravel() / UNIT
