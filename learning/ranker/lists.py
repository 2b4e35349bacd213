"""The lists that a ranker is trained on: candidates of readers for whom the next act is hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from shortlist.agent.reader.query import profile_query
from shortlist.agent.reader.records import load_profiles
from shortlist.core.config import Config
from shortlist.core.errors import UsageError
from shortlist.core.legs import LEGS
from shortlist.core.ranking import Filters, Query
from shortlist.learning.acts import HiddenActs
from shortlist.learning.ranker.hidden_records import HiddenRecords
from shortlist.retrieval.build import build_leg
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.learned_fusion.fusion import CandidateList, LearnedFusion
from shortlist.retrieval.trained.logistic_ranker import LogisticRanker
from shortlist.store.home import Home

BATCH = 128
LEAST = 50  # lists
RIVALS = 40  # candidates of each list, drawn at random, that the hidden video is compared with


@dataclass(frozen=True, slots=True, eq=False)
class TrainingLists:
    """The rows of all lists that contain their hidden video, one list after the other.

    `features`, float32[n, f], has the columns `names`; `hit`, bool[n], marks the hidden videos and `group`, int64[n],
    the list of each row. `asked` lists were made, a share `recall` of which contain their hidden video.
    """

    names: tuple[str, ...]
    features: npt.NDArray[np.float32]
    hit: npt.NDArray[np.bool_]
    group: npt.NDArray[np.int64]
    asked: int
    recall: float
    depths: Mapping[str, int]

    def require_enough(self) -> None:
        """Raise `UsageError` if there are fewer than `LEAST` lists."""
        if (n_lists := int(self.hit.sum())) < LEAST:
            raise UsageError(
                "too little to train a ranker", expected=f"{LEAST} readers whose last watch is among the candidates",
                found=f"{n_lists} of {self.asked}", remedy="collect more events",
            )  # fmt: skip


def training_lists(
    home: Home,
    snapshot: Snapshot,
    hidden: HiddenActs,
    config: Config,
    seed: int,
    progress: Callable[[int], None] = lambda lists: None,
) -> TrainingLists:
    """Make the list of each reader with a hidden act, by the legs of `snapshot`, which must not have seen it."""
    depths = {
        name: leg.ranker_depth
        for name, leg in LEGS.items()
        if leg.ranker_depth and (not leg.trained or name in snapshot.trained.towers)
    }
    collecting = LogisticRanker((), (), (), (), depths)
    snapshot = replace(snapshot, trained=replace(snapshot.trained, ranker=collecting))
    retrieval = config.retrieval
    fusion = LearnedFusion(snapshot, {name: build_leg(name, snapshot, retrieval) for name in depths}, retrieval)
    draw = np.random.default_rng(seed)
    records = HiddenRecords(home.catalogue, hidden)
    readers = list(hidden.by_reader)
    names: tuple[str, ...] = ()
    blocks: list[npt.NDArray[np.float32]] = []
    for start in range(0, len(readers), BATCH):
        batch = readers[start : start + BATCH]
        queries = _queries(batch, records, hidden, snapshot, config)
        for user_id, found in zip(queries, fusion.lists(list(queries.values())), strict=True):
            names = names or tuple(sorted(found.values))
            block = _sampled(found, snapshot.row(hidden.by_reader[user_id][0]), names, draw)
            if block is not None:
                blocks.append(block)
        progress(len(batch))
    features = np.concatenate(blocks) if blocks else np.empty((0, len(names)), np.float32)
    group = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
    hit = np.append(True, group[1:] != group[:-1])[: len(group)]
    return TrainingLists(names, features, hit, group, len(readers), len(blocks) / max(1, len(readers)), depths)


def _queries(
    readers: Sequence[str], records: HiddenRecords, hidden: HiddenActs, snapshot: Snapshot, config: Config
) -> dict[str, Query]:
    profiles, _ = load_profiles(records, readers, config.profile)
    found = {}
    for user_id in readers:
        at = datetime.fromtimestamp(hidden.by_reader[user_id][1] / 1e6, UTC)
        query = profile_query(profiles[user_id], 1, Filters(), snapshot.vectors_of)
        found[user_id] = replace(query, at=at)
    return {user_id: query for user_id, query in found.items() if query.profile and query.profile.liked}


def _sampled(
    found: CandidateList, target: int | None, names: Sequence[str], draw: np.random.Generator
) -> npt.NDArray[np.float32] | None:
    """Return the features of the hidden video and of some rivals, float32[n, f]; None if it is not a candidate."""
    hit = np.flatnonzero(found.rows == (-1 if target is None else target))
    if not len(hit):
        return None
    others = np.delete(np.arange(len(found.rows)), hit)
    rivals = draw.choice(others, size=min(RIVALS, len(others)), replace=False)
    chosen = np.concatenate((hit, rivals))
    return np.stack([found.values[name][chosen] for name in names], axis=1).astype(np.float32)
