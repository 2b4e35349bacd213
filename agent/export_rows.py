"""The batch function of the export: readers -> rows, one for each recommended video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shortlist.agent.explain.explain import FUSION, stages_of
from shortlist.agent.reader.records import Records
from shortlist.agent.recommend import Recommender, RerankedRequest
from shortlist.agent.rerank.blend import RERANK
from shortlist.core.legs import LEGS
from shortlist.core.notes import Note
from shortlist.core.ranking import Request
from shortlist.core.types import Video

BATCH = 64  # readers ranked together: enough to share the scan of all videos, few enough to keep memory small

REASON = "reason"
FIELDS: Mapping[str, Callable[[Video], Any]] = {
    "title": lambda video: video.display_title,
    "url": lambda video: video.url,
    "channel": lambda video: video.channel,
    "duration_s": lambda video: video.duration_s,
    "published": lambda video: video.published and video.published.replace(microsecond=0),
    "category": lambda video: video.category,
    "category_is_guess": lambda video: video.category_is_guess,
}
DETAILS = (*FIELDS, REASON)


def stage_names() -> tuple[str, ...]:
    """Return the names of the stages: all legs, the fusion, the rerank."""
    return (*LEGS, FUSION, RERANK)


def columns() -> tuple[str, ...]:
    """Return the columns that all rows have."""
    placed = (f"{stage}_{value}" for stage in stage_names() for value in ("rank", "score"))
    return ("user_id", "rank", "video_id", "score", *placed)


@dataclass(frozen=True, slots=True)
class Rows:
    """`columns`: user_id, rank, video_id, score, STAGE_rank and STAGE_score (None where the stage did not rank it).

    `of` adds the columns of some `DETAILS`.

    `unknown` holds the requested ids that are not readers; they have no rows. `notes` counts the readers of each note.
    `unjudged` holds the readers whose rerank ended before the language model judged any candidate.
    """

    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in columns()})
    unknown: list[str] = field(default_factory=list)
    notes: Counter[Note] = field(default_factory=Counter)
    unjudged: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, details: Iterable[str]) -> Rows:
        """Return empty rows with the columns `details` as well."""
        return cls({name: [] for name in (*columns(), *details)})

    def __len__(self) -> int:
        return len(self.columns["rank"])


def export_rows(
    recommender: Recommender,
    records: Records,
    user_ids: Sequence[str],
    template: Request,
    details: Sequence[str] = (),
) -> Rows:
    """Return the best `template.k` videos of each of `user_ids`, in their order, by `template`'s method and filters.

    They equal what `Recommender.recommend` returns for each reader: the same order, scores within 1e-5. Raises what it
    raises, except for unknown readers. `details` names the `DETAILS` of each video to add, which are None for a video
    that was removed meanwhile.
    """
    rows = Rows.of(details)
    for start in range(0, len(user_ids), BATCH):
        batch = user_ids[start : start + BATCH]
        known = records.readers.get_many(batch)
        rows.unknown.extend(user_id for user_id in batch if user_id not in known)
        requests = [_request_for(user_id, template) for user_id in batch if user_id in known]
        first = len(rows)
        for reranked, reasons in _ranked(recommender, requests, with_reasons=REASON in details):
            ids = _add(rows.columns, reranked, template.k)
            if REASON in details:
                rows.columns[REASON] += [reasons.get(video_id) for video_id in ids]
            rows.notes.update(reranked.result.notes)
            if reranked.result.notes and not reranked.result.model_ranking:
                rows.unjudged.append(reranked.ranked.request.user_id)
        _add_fields(rows.columns, first, records, [name for name in details if name != REASON])
    return rows


def _request_for(user_id: str, template: Request) -> Request:
    return Request(user_id, template.k, None, template.rerank, template.budget_ms, template.filters)


def _ranked(
    recommender: Recommender, requests: Sequence[Request], *, with_reasons: bool
) -> list[tuple[RerankedRequest, dict[str, str]]]:
    """Return each ranked request with its reasons by video id, empty unless `with_reasons`: they double the cost."""
    if not with_reasons:
        return [(reranked, {}) for reranked in recommender.rank_many(requests)]
    pairs = recommender.rank_and_explain_many(requests)
    return [(reranked, {item.video.id: item.reason for item in answer.recommendations}) for reranked, answer in pairs]


def _add_fields(columns: dict[str, list[Any]], first: int, records: Records, names: Sequence[str]) -> None:
    """Add the fields `names` of the videos from row `first` on."""
    ids = columns["video_id"][first:]
    videos = records.videos.get_many(sorted(set(ids))) if names else {}
    for name in names:
        columns[name] += [FIELDS[name](videos[video_id]) if video_id in videos else None for video_id in ids]


def _add(columns: dict[str, list[Any]], reranked: RerankedRequest, k: int) -> list[str]:
    """Add the rows of one reader and return the ids of their videos."""
    final = reranked.result.final
    ids = final.ids[:k]
    stages = stages_of(reranked.ranked.ranking, reranked.result, ids)
    columns["user_id"] += [reranked.ranked.request.user_id] * len(ids)
    columns["rank"] += range(1, len(ids) + 1)
    columns["video_id"] += ids
    columns["score"] += final.scores[:k].tolist()
    for name in stage_names():
        placed = [stages[video_id].get(name) for video_id in ids]
        columns[f"{name}_rank"] += [stage and stage.rank for stage in placed]
        columns[f"{name}_score"] += [stage and stage.score for stage in placed]
    return list(ids)
