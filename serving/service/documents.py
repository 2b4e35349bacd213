"""Whole records as JSON documents; what lists show of them is in `core.json_documents`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shortlist.core.json_documents import (
    model_use_document,
    notes_document,
    recommendation_document,
    segment_document,
    timings_document,
    video_document,
)
from shortlist.core.ranking import Answer
from shortlist.core.types import Made, Profile, Reader, Video


def whole_video(video: Video) -> dict[str, Any]:
    """Everything known of a video; `made_by` says who made what was added."""
    made = video.enrichment
    parts = {"summary": made.summary, "category": made.category, "title": made.rewritten_title}
    makers = {name: part.made_by for name, part in parts.items() if part is not None}
    if made.tags_made_by is not None:
        makers["tags"] = made.tags_made_by
    return {
        **video_document(video),
        "language": video.language,
        "description": video.description,
        "tags": list(made.tags),
        "made_by": makers,
        "transcript": {
            "language": video.transcript.language,
            "origin": video.transcript.origin,
            "segments": [segment_document(segment) for segment in video.transcript.segments],
        },
        "metadata": dict(video.metadata),
    }


def reader_document(reader: Reader, profile: Profile, taste: Made | None) -> dict[str, Any]:
    """A reader: stated interests, the taste in categories and in words, the history newest first."""
    return {
        "user_id": reader.id,
        "created": _time(reader.created),
        "interests": list(reader.interests),
        "taste": taste.value if taste else None,
        "categories": dict(profile.categories),
        "events": profile.n_events,
        "session_start": _time(profile.session_start),
        "history": [
            {
                "item_id": item.item_id,
                "kind": item.kind,
                "action": item.action,
                "at": _time(item.at),
                "dwell_s": item.dwell_s,
                "title": item.title,
                "category": item.category,
                "weight": round(item.weight, 6),
            }
            for item in profile.history
        ],
    }


def ranking_document(answer: Answer, candidates: list[str]) -> dict[str, Any]:
    """The order of `candidates`, and those that could not be placed: unknown, or nothing tells of them."""
    ranked = [recommendation_document(item) for item in answer.recommendations]
    placed = {item["video_id"] for item in ranked}
    return {
        "user_id": answer.user_id,
        "ranking": [{name: item[name] for name in ("rank", "video_id", "title", "score", "stages")} for item in ranked],
        "not_ranked": [item for item in candidates if item not in placed],
        "notes": notes_document(answer.notes),
        "timings_ms": timings_document(answer.timings_ms),
        "llm": model_use_document(answer.llm),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
