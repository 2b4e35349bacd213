"""The home as it was at the cut: counts of earlier acts only, and no trained models, which may know of later ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from shortlist.core.config import RetrievalConfig
from shortlist.core.types import Event
from shortlist.eval.tasks.splits import require_known
from shortlist.retrieval.index.act_log import ActLog
from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.trained.versions import Trained
from shortlist.store.catalogue.events import POSITIVE

DAY_S = 86_400.0


def past_snapshot(snapshot: Snapshot, events: Iterable[Event], cut: datetime, config: RetrievalConfig) -> Snapshot:
    """Return `snapshot` with popularity and co-watch counts of `events` alone, without trained models and log.

    Raises `RecordError` if one of `events` is not before `cut`.
    """
    chosen = [event for event in events if event.kind == "video" and event.action in POSITIVE]
    require_known(chosen, cut)
    chosen.sort(key=lambda event: (event.at, event.event_id))
    last = {(event.item_id, event.user_id): event.at for event in chosen}
    popular: dict[str, float] = defaultdict(float)
    for (item, _), at in last.items():
        popular[item] += 0.5 ** ((cut - at).total_seconds() / (config.popular_half_life_days * DAY_S))
    watches: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for number, event in enumerate(chosen, start=1):
        watches[event.user_id].append((event.item_id, number))
    links = Links.empty().updated(watches.values(), len(chosen)).strongest(config.cowatch_top)
    return replace(snapshot, popular=dict(popular), links=links, trained=Trained(), log=ActLog.none())
