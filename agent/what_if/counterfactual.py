"""The smallest part of a history without which a video leaves a list.

A. Ghazimatin, O. Balalau, R. Saha Roy, G. Weikum, PRINCE: Provider-side Interpretability with Counterfactual
Explanations in Recommender Systems, WSDM 2020. PRINCE has a bound for random walks. Here scores are scaled among the
candidates, which change with the history, so no bound holds: every set is verified by ranking again without it.

All single items are tried first, then pairs, then triples. If a size has more sets than the limit (`MOST` for one
video, `LEAST` for each of many), those are tried whose items brought the video nearest to the end of the list alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice
from math import comb
from typing import Any

from shortlist.agent.recommend import Recommender, RerankedRequest
from shortlist.core.config import NONE
from shortlist.core.display import ordinal
from shortlist.core.ranking import Request
from shortlist.core.types import HistoryItem
from shortlist.retrieval.learned_fusion.fusion import LONG

LARGEST = 3  # items of a set
LEAST, MOST = 16, 64  # sets of one size, besides single items
BATCH = 16  # lists that are ranked together

Ids = frozenset[str]


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """A set of items without which `video_id` is not among the best `k`, and its rank then; None is below the last.

    `without` is empty if no set was found. `tried` is the number of sets that were ranked for this video. `complete` is
    true if no smaller set does it: all were tried. `n_items` is the number of items of the history; None if the video
    is not among the best `k` of the retrieval at all.
    """

    video_id: str
    k: int
    n_items: int | None
    without: tuple[HistoryItem, ...] = ()
    rank: int | None = None
    tried: int = 0
    complete: bool = True

    @classmethod
    def outside(cls, video_id: str, k: int) -> Counterfactual:
        """Return that a video is not in the list."""
        return cls(video_id, k, None)

    @property
    def sentence(self) -> str:
        """The set in words, or that there is none."""
        if not self.without:
            return self._none()
        titles = [f"“{item.title}”" for item in self.without]
        names = " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))
        without = "without it, it would be" if len(titles) == 1 else "without them it would be"
        place = f"below {ordinal(LONG)}" if self.rank is None else ordinal(self.rank)
        doubt = "" if self.complete else "; fewer may do, not all sets were tried"
        return f"you see this because of {names}; {without} {place}{doubt}"

    @property
    def document(self) -> dict[str, Any]:
        """The explanation as a JSON document."""
        return {
            "video_id": self.video_id,
            "without": [{"item_id": one.item_id, "kind": one.kind, "title": one.title} for one in self.without],
            "rank": self.rank,
            "sentence": self.sentence,
            "sets_tried": self.tried,
            "smallest": bool(self.without) and self.complete,
        }

    def _none(self) -> str:
        if self.n_items is None:
            return f"the best {self.k} of the retrieval do not have it"
        if not self.n_items:
            return "your history is empty, so it is not why you see this"
        largest = min(LARGEST, self.n_items)
        if self.complete:
            return f"no set of up to {largest} items of your history is why you see this"
        tried = f"the {self.tried:,} sets of up to {largest} items of your history that were tried"
        return f"none of {tried} is why you see this"


def counterfactuals(recommender: Recommender, request: Request, video_ids: Sequence[str]) -> list[Counterfactual]:
    """Return a counterfactual for each of `video_ids` that is among the best `request.k` of the retrieval.

    The language model is not asked: it judges the retrieval's list. Raises what `Recommender.rank_many` raises.
    """
    lists = _Lists(recommender, request)
    places = lists.ranks(frozenset())
    limit = max(LEAST, MOST // max(1, len(video_ids)))
    return [_find(lists, video_id, limit) for video_id in video_ids if places.get(video_id, request.k + 1) <= request.k]


class _Lists:
    """The lists of one request without parts of the history. Each is ranked once."""

    def __init__(self, recommender: Recommender, request: Request) -> None:
        self.k = request.k
        self._recommender = recommender
        self._request = replace(request, k=max(request.k + 1, recommender.full_list), rerank=NONE)
        [whole] = recommender.rank_many([self._request])
        history = whole.ranked.profile.history
        self.items = {item.item_id: item for item in sorted(history, key=lambda one: -one.weight)}
        self._ranked: dict[Ids, Mapping[str, tuple[int, float]]] = {frozenset(): _places(whole, self.k)}

    def rank(self, sets: Sequence[Ids]) -> None:
        """Rank without each of `sets`, unless that was done."""
        new = [one for one in dict.fromkeys(sets) if one not in self._ranked]
        own = self._request.change
        changed = [replace(self._request, change=replace(own, without=own.without | one)) for one in new]
        for one, reranked in zip(new, self._recommender.rank_many(changed), strict=True):
            self._ranked[one] = _places(reranked, self.k)

    def ranks(self, without: Ids) -> dict[str, int]:
        """Return the ranks without a set that was ranked."""
        return {item: rank for item, (rank, _) in self._ranked[without].items()}

    def rank_of(self, video_id: str, without: Ids) -> int | None:
        return self._ranked[without].get(video_id, (None, 0.0))[0]

    def margin(self, video_id: str, without: Ids) -> float:
        """Return by how much the video's score is above that of the best video outside the list."""
        return self._ranked[without].get(video_id, (None, -1.0))[1]


def _places(reranked: RerankedRequest, k: int) -> dict[str, tuple[int, float]]:
    """Return each video's rank, and its score above that at rank k + 1."""
    final = reranked.result.final
    first_out = float(final.scores[k]) if len(final) > k else 0.0
    scored = enumerate(zip(final.ids, final.scores.tolist(), strict=True), start=1)
    return {item: (rank, score - first_out) for rank, (item, score) in scored}


def _find(lists: _Lists, video_id: str, limit: int) -> Counterfactual:
    """Return the counterfactual of a video by all single items, and `limit` sets of each larger size."""
    found = Counterfactual(video_id, lists.k, len(lists.items))
    for size in range(1, min(LARGEST, len(lists.items)) + 1):
        most = len(lists.items) if size == 1 else limit
        for batch in _batches(_most_promising(lists, video_id, size, most)):
            lists.rank(batch)
            found = replace(found, tried=found.tried + len(batch))
            removing = [one for one in batch if (lists.rank_of(video_id, one) or lists.k + 1) > lists.k]
            if removing:
                best = min(removing, key=lambda one: (lists.margin(video_id, one), sorted(one)))
                items = tuple(sorted((lists.items[one] for one in best), key=lambda item: -item.weight))
                return replace(found, without=items, rank=lists.rank_of(video_id, best))
        found = replace(found, complete=found.complete and comb(len(lists.items), size) <= most)
    return found


def _most_promising(lists: _Lists, video_id: str, size: int, limit: int) -> list[Ids]:
    """Return `limit` sets of `size` items, those first that cost the video most of its margin, item by item."""
    if size == 1:
        return [frozenset({item}) for item in lists.items]
    margins = {item: lists.margin(video_id, frozenset({item})) for item in lists.items}
    nearest = sorted(lists.items, key=lambda item: margins[item])
    pool = nearest[: limit + size]  # the best sets have no other items
    sets = sorted(combinations(pool, size), key=lambda one: sum(margins[item] for item in one))
    return [frozenset(one) for one in islice(sets, limit)]


def _batches(sets: Sequence[Ids]) -> Iterator[Sequence[Ids]]:
    for start in range(0, len(sets), BATCH):
        yield sets[start : start + BATCH]
