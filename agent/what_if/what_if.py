"""A reader's list before and after a change: the moves, and the leg that did most for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np

from shortlist.agent.reader.objective import read_objective
from shortlist.agent.reader.records import Records
from shortlist.agent.recommend import Recommender, RerankedRequest
from shortlist.core.errors import UsageError
from shortlist.core.json_documents import notes_document, video_document
from shortlist.core.notes import Note
from shortlist.core.ranking import NO_CHANGE, Change, Request
from shortlist.core.types import Profile, Video
from shortlist.retrieval.learned_fusion.fusion import LONG
from shortlist.retrieval.vectors.arrays import Scores

NEWEST = 3  # items of a history that an error names
SMALLEST = 1e-6  # change of a contribution that is called the cause of a move


@dataclass(frozen=True, slots=True)
class Move:
    """A video of the list before or after, with its ranks in both; None is below the best `LONG`.

    `legs` are the changes of what each leg adds to its score, less the median change among the videos of both lists.
    They are empty if a rank is None.
    """

    video: Video
    before: int | None
    after: int | None
    legs: Mapping[str, float]

    @property
    def leg(self) -> str | None:
        """The leg that moved it most in the direction that it went; None if only others moved, or nothing did."""
        direction = (self.before or LONG + 1) - (self.after or LONG + 1)
        name = max(sorted(self.legs), key=lambda one: self.legs[one] * direction, default=None)
        return name if name is not None and self.legs[name] * direction > SMALLEST else None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The moves among the best `k` before and after, in the order after; videos that left the list come last."""

    user_id: str
    k: int
    moves: tuple[Move, ...]
    notes: tuple[Note, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The document of `whatif --json`."""
        return {
            "user_id": self.user_id,
            "k": self.k,
            "moves": [
                {
                    **video_document(move.video), "before": move.before, "after": move.after, "leg": move.leg,
                    "legs": {name: round(value, 6) for name, value in move.legs.items()},
                }
                for move in self.moves
            ],
            "notes": notes_document(self.notes),
        }  # fmt: skip


def read_change(
    recommender: Recommender,
    *,
    without: Iterable[str] = (),
    more: Iterable[str] = (),
    less: Iterable[str] = (),
    length_s: float | None = None,
    weights: Mapping[str, float] | None = None,
    half_life_days: float | None = None,
) -> Change:
    """Return the change with `more` and `less` of the named categories and channels, in any case.

    Raises `UsageError` for a name that no category or channel has, and for no change at all.
    """
    columns = recommender.snapshot.columns
    objective = read_objective(
        more=more, less=less, length_s=length_s, categories=columns.category.names, channels=columns.channel.names
    )
    change = Change(frozenset(without), objective, tuple(sorted((weights or {}).items())), half_life_days)
    if change == NO_CHANGE:
        expected = "items to leave out, more or less of a name, a length, weights or a half-life"
        raise UsageError("nothing to change", expected=expected, found="none", remedy="name one of them")
    return change


def what_if(recommender: Recommender, records: Records, request: Request, change: Change) -> WhatIf:
    """Rank for `request` with its own change and with `change`, in one batch, and compare.

    Raises what `Recommender.rank_many` raises, and `UsageError` for an item that is not in the reader's history, or a
    leg that does not run.
    """
    _check_settings(recommender, change)
    deep = replace(request, k=max(request.k, recommender.full_list))
    before, after = recommender.rank_many([deep, replace(deep, change=change)])
    _check_items(before.ranked.profile, change)
    ranks = [{item: at for at, item in enumerate(one.result.final.ids, start=1)} for one in (before, after)]
    shown = list(dict.fromkeys([*after.result.final.ids[: request.k], *before.result.final.ids[: request.k]]))
    legs = _differences(before, after)
    videos = records.videos.get_many(shown)
    moves = [
        Move(videos[item], ranks[0].get(item), ranks[1].get(item), legs.get(item, {}))
        for item in shown
        if item in videos
    ]
    return WhatIf(request.user_id, request.k, tuple(moves), (*before.result.notes, *after.result.notes))


def _check_settings(recommender: Recommender, change: Change) -> None:
    known = recommender.weights
    for leg, weight in change.weights:
        if leg not in known:
            expected = f"one of {', '.join(known)}"
            raise UsageError("this leg does not run", expected=expected, found=repr(leg), remedy="choose one")
        if not 0 <= weight < inf:
            raise UsageError(f"bad weight of {leg}", expected="0 or more", found=repr(weight), remedy="correct it")
    if change.half_life_days is not None and not 0 < change.half_life_days < inf:
        found = repr(change.half_life_days)
        raise UsageError("bad half-life", expected="more than 0 days", found=found, remedy="correct it")


def _check_items(profile: Profile, change: Change) -> None:
    history = [item.item_id for item in profile.history]
    for item_id in sorted(change.without.difference(history)):
        expected = f"an item of the history of {profile.user_id}"
        remedy = f"its newest are {', '.join(history[:NEWEST])}" if history else "it is empty"
        raise UsageError("nothing would change", expected=expected, found=repr(item_id), remedy=remedy)


def _differences(before: RerankedRequest, after: RerankedRequest) -> dict[str, dict[str, float]]:
    """Return `Move.legs` by id. A contribution counts against a mean, whose change is not the video's own."""
    both = sorted(set(before.result.final.ids) & set(after.result.final.ids))
    changes = {
        name: _contributions(after, name, both) - _contributions(before, name, both)
        for name in dict.fromkeys([*before.result.final.contributions, *after.result.final.contributions])
    }
    own = {name: change - np.median(change) for name, change in changes.items()} if both else {}
    return {item: {name: float(change[at]) for name, change in own.items()} for at, item in enumerate(both)}


def _contributions(reranked: RerankedRequest, leg: str, ids: Sequence[str]) -> Scores:
    """Return float64[len(ids)]: what `leg` adds to the score of each of `ids`."""
    final = reranked.result.final
    if leg not in final.contributions:
        return np.zeros(len(ids))
    at = {item: place for place, item in enumerate(final.ids)}
    return final.contributions[leg][[at[item] for item in ids]]
