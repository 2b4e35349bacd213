"""The batch function of the export: readers -> rows, one a recommended video. A reader is a batch of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shortlist.agent.explain.explain import FUSION, RERANK, stages_of
from shortlist.agent.ranked import Ranked
from shortlist.agent.reader.records import Records
from shortlist.agent.recommend import Recommender
from shortlist.core.config import LEGS
from shortlist.core.notes import Note
from shortlist.core.ranking import Request

STAGES = (*LEGS, FUSION, RERANK)
BATCH = 64  # readers ranked together: enough to share the scan of all videos, few enough to keep memory small


COLUMNS: tuple[str, ...] = (
    "user_id", "rank", "video_id", "score",
    *(f"{stage}_{what}" for stage in STAGES for what in ("rank", "score")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """`columns`: user_id, rank, video_id, score and STAGE_rank, STAGE_score (None where the stage said nothing).

    `unknown` holds the ids among those asked for that are no readers; they have no rows. `notes` counts the readers of
    each note; `unjudged` are those of whom the language model should have judged something and judged nothing.
    """

    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    unknown: list[str] = field(default_factory=list)
    notes: Counter[Note] = field(default_factory=Counter)
    unjudged: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.columns["rank"])


def rows_of(recommender: Recommender, records: Records, user_ids: Sequence[str], like: Request) -> Rows:
    """The best `like.k` videos of each of `user_ids`, in their order, with `like`'s rerank method and filters.

    They are what `Recommender.recommend` gives each reader: the same order, scores within 1e-5. Raises what it raises,
    but for unknown readers.
    """
    rows = Rows()
    for start in range(0, len(user_ids), BATCH):
        batch = user_ids[start : start + BATCH]
        known = records.readers.get_many(batch)
        rows.unknown.extend(user_id for user_id in batch if user_id not in known)
        requests = [_for_reader(like, user_id) for user_id in batch if user_id in known]
        for ranked in recommender.rank_many(requests):
            _add(rows.columns, ranked, like.k)
            rows.notes.update(ranked.verdict.notes)
            if ranked.verdict.notes and not ranked.verdict.judged:
                rows.unjudged.append(ranked.case.request.user_id)
    return rows


def _for_reader(like: Request, user_id: str) -> Request:
    return Request(user_id, like.k, None, like.rerank, like.budget_ms, like.filters)


def _add(columns: dict[str, list[Any]], ranked: Ranked, k: int) -> None:
    final = ranked.verdict.final
    ids = final.ids[:k]
    stages = stages_of(ranked.case.ranking, ranked.verdict.judged, ids)
    columns["user_id"] += [ranked.case.request.user_id] * len(ids)
    columns["rank"] += range(1, len(ids) + 1)
    columns["video_id"] += ids
    columns["score"] += final.scores[:k].tolist()
    for name in STAGES:
        placed = [stages[video_id].get(name) for video_id in ids]
        columns[f"{name}_rank"] += [stage and stage.rank for stage in placed]
        columns[f"{name}_score"] += [stage and stage.score for stage in placed]
