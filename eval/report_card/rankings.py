"""The rankings that a report card compares, each over the candidates of every hidden day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.profile import build_profile
from shortlist.agent.reader.query import profile_query
from shortlist.core.config import Config
from shortlist.core.ranking import Filters, Query
from shortlist.core.types import Event, Reader, Video
from shortlist.eval.report_card.hidden_days import HiddenDay
from shortlist.eval.report_card.verdict import OURS, TOP
from shortlist.eval.tasks.from_home import is_new_choice
from shortlist.retrieval.build import build_leg, build_retriever
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.retriever import Retriever
from shortlist.store.catalogue.results import Activity


def rank_days(
    days: Sequence[HiddenDay], own: Sequence[Event], items: ItemBatch, past: Snapshot, config: Config, seed: int
) -> dict[str, list[list[str]]]:
    """Return the ten of each day by every ranking. A list knows of the reader what they did before its day."""
    before = [[event for event in own if event.at < day.start] for day in days]
    queries = [_query(day, events, items, past, config) for day, events in zip(days, before, strict=True)]
    searched: dict[str, Retriever] = {
        OURS: build_retriever(past, config.retrieval),
        "dense alone": build_leg("dense", past, config.retrieval),
        "popular": build_leg("popular", past, config.retrieval),
    }
    rng = np.random.default_rng(seed)
    shuffled = [rng.permutation(day.candidates).tolist() for day in days]
    found = {name: [list(one.ids) for one in retriever.search_many(queries)] for name, retriever in searched.items()}
    # What a ranking says nothing of comes after, at random.
    lists = {
        name: [list(dict.fromkeys([*ids, *rest]))[:TOP] for ids, rest in zip(rankings, shuffled, strict=True)]
        for name, rankings in found.items()
    }
    newest = [sorted(ids, key=lambda one: -_time(items.videos[one])) for ids in shuffled]
    favourite = [sorted(ids, key=_by_channel(events, items.videos)) for ids, events in zip(newest, before, strict=True)]
    named = {"newest first": newest, "favourite channels": favourite, "random": shuffled}
    return lists | {name: [ids[:TOP] for ids in rankings] for name, rankings in named.items()}


def _query(day: HiddenDay, events: Sequence[Event], items: ItemBatch, past: Snapshot, config: Config) -> Query:
    reader = Reader(events[0].user_id) if events else Reader("new")
    profile = build_profile(reader, events, Activity.of(events), items, config.profile)
    query = profile_query(profile, TOP, Filters(), past.vectors_of)
    return replace(query, only=frozenset(day.candidates), exclude=frozenset(), filters=Filters(), at=day.start)


def _time(video: Video) -> float:
    return video.published.timestamp() if video.published else float("-inf")


def _by_channel(events: Sequence[Event], videos: Mapping[str, Video]) -> Callable[[str], int]:
    counts = Counter(videos[event.item_id].channel for event in events if is_new_choice(event, videos))
    counts.pop(None, None)
    return lambda video_id: -counts[videos[video_id].channel]
