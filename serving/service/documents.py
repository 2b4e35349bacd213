"""JSON documents of videos, readers and rankings. The documents of list items are in `core.json_documents`."""

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
from shortlist.core.types import Attributed, Profile, Reader, Video


def video_detail_document(video: Video) -> dict[str, Any]:
    """Return all stored fields of a video; `made_by` maps each enriched field to the model that wrote it."""
    enrichment = video.enrichment
    fields = {"summary": enrichment.summary, "category": enrichment.category, "title": enrichment.rewritten_title}
    made_by = {name: field.made_by for name, field in fields.items() if field is not None}
    if enrichment.tags_made_by is not None:
        made_by["tags"] = enrichment.tags_made_by
    return {
        **video_document(video),
        "language": video.language,
        "description": video.description,
        "tags": list(enrichment.tags),
        "made_by": made_by,
        "transcript": {
            "language": video.transcript.language,
            "origin": video.transcript.origin,
            "segments": [segment_document(segment) for segment in video.transcript.segments],
        },
        "metadata": dict(video.metadata),
    }


def reader_item_document(reader: Reader) -> dict[str, Any]:
    """Return the fields of a reader in a list."""
    return {"user_id": reader.id, "created": _time(reader.created), "interests": list(reader.interests)}


def reader_document(reader: Reader, profile: Profile, taste: Attributed | None) -> dict[str, Any]:
    """Return a reader: stated interests, taste as text and by category, and history, newest first."""
    return {
        **reader_item_document(reader),
        "taste": taste.value if taste else None,
        "categories": dict(profile.categories),
        "guessed_categories": sorted(profile.guessed_categories),
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
                "category_is_guess": item.category_is_guess,
                "weight": round(item.weight, 6),
            }
            for item in profile.history
        ],
    }


RANKED = ("rank", "video_id", "title", "score", "stages", "variant", "propensity")


def ranking_document(answer: Answer, candidates: list[str]) -> dict[str, Any]:
    """Return `candidates` in order. Those that are unknown or not indexed are in `not_ranked`."""
    ranked = [
        {**recommendation_document(item), "variant": item.variant, "propensity": item.propensity}
        for item in answer.recommendations
    ]
    ranked_ids = {item["video_id"] for item in ranked}
    return {
        "user_id": answer.user_id,
        "request_id": answer.request_id,
        "experiment": answer.experiment,
        "revision": answer.revision,
        "last_event": answer.last_event,
        "models": answer.models,
        "ranking": [{name: item[name] for name in RANKED} for item in ranked],
        "not_ranked": [item for item in candidates if item not in ranked_ids],
        "notes": notes_document(answer.notes),
        "timings_ms": timings_document(answer.timings_ms),
        "llm": model_use_document(answer.llm),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
