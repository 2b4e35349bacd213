"""Records as JSON documents, in the shape that `--json`, the HTTP API and the export share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shortlist.core.notes import Note
from shortlist.core.ranking import Answer, ModelUse, Recommendation, Stage
from shortlist.core.types import Segment, Video

# Decimals of a score: enough to compare runs within 1e-5, few enough to read.
SCORE_DECIMALS = 6


def answer_document(answer: Answer) -> dict[str, Any]:
    """Return the document of `recommend --json`."""
    return {
        "user_id": answer.user_id,
        "request_id": answer.request_id,
        "experiment": answer.experiment,
        "revision": answer.revision,
        "last_event": answer.last_event,
        "models": answer.models,
        "recommendations": [
            {**recommendation_document(item), "variant": item.variant, "propensity": item.propensity}
            for item in answer.recommendations
        ],
        "notes": notes_document(answer.notes),
        "timings_ms": timings_document(answer.timings_ms),
        "llm": model_use_document(answer.llm),
    }


def notes_document(notes: Iterable[Note]) -> list[dict[str, str]]:
    """Return code and public sentence of each note."""
    return [{"code": note.code, "message": note.public} for note in notes]


def recommendation_document(item: Recommendation) -> dict[str, Any]:
    """Return one recommendation with its reason, evidence and stages."""
    return {
        "rank": item.rank,
        **video_document(item.video),
        "score": round(item.score, SCORE_DECIMALS),
        "reason": item.reason,
        "reason_stage": item.reason_stage,
        "evidence": None if item.evidence is None else segment_document(item.evidence),
        "stages": stages_document(item.stages),
    }


def video_document(video: Video) -> dict[str, Any]:
    """Return the fields of a video that lists show."""
    return {
        "video_id": video.id,
        "title": video.display_title,
        "channel": video.channel,
        "duration_s": video.duration_s,
        "published": None if video.published is None else video.published.isoformat(),
        "url": video.url,
        "category": video.category,
        "category_is_guess": video.category_is_guess,
        "summary": video.summary,
    }


def segment_document(segment: Segment) -> dict[str, Any]:
    """Return a segment of a transcript; times are null if the transcript is untimed."""
    return {"start_s": segment.start_s, "end_s": segment.end_s, "text": segment.text}


def stages_document(stages: Mapping[str, Stage]) -> dict[str, Any]:
    """Return rank, score and contribution by stage."""
    return {
        name: {
            "rank": stage.rank,
            "score": round(stage.score, SCORE_DECIMALS),
            "contribution": None if stage.contribution is None else round(stage.contribution, SCORE_DECIMALS),
        }
        for name, stage in stages.items()
    }


def model_use_document(use: ModelUse) -> dict[str, Any]:
    """Return the use of the language model."""
    return {
        "model": use.model,
        "calls": use.calls,
        "prompt_tokens": use.prompt_tokens,
        "cached_calls": use.cached_calls,
    }


def timings_document(timings_ms: Mapping[str, float]) -> dict[str, float]:
    """Return milliseconds by stage, to a hundredth."""
    return {stage: round(value, 2) for stage, value in timings_ms.items()}


def search_document(text: str, answer: Answer) -> dict[str, Any]:
    """Return the document of `search --json`."""
    return {"query": text, **_hits_document(answer)}


def similar_document(video_id: str, answer: Answer) -> dict[str, Any]:
    """Return the videos similar to `video_id`, with the fields of the hits of a search."""
    return {"video_id": video_id, **_hits_document(answer)}


def _hits_document(answer: Answer) -> dict[str, Any]:
    hits = [
        {
            "rank": hit.rank,
            **video_document(hit.video),
            "score": round(hit.score, SCORE_DECIMALS),
            "stages": stages_document(hit.stages),
        }
        for hit in answer.recommendations
    ]
    return {"hits": hits, "notes": notes_document(answer.notes), "timings_ms": timings_document(answer.timings_ms)}
