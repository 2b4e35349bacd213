"""Queries from a reader's profile, a wish or a video."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from shortlist.core.ranking import Filters, FloatArray, Query
from shortlist.core.types import KINDS, HistoryItem, Kind, Profile, Video
from shortlist.models.encoders.encoder import Encoder
from shortlist.retrieval.analysis import terms

VectorsOf = Callable[[Kind, Sequence[str]], Mapping[str, FloatArray]]

MAX_TERMS = 32
# The classical ratio of the weights of irrelevant and relevant documents in Rocchio feedback, 0.15 / 0.75.
DISLIKE_WEIGHT = 0.2


def profile_query(profile: Profile, k: int, filters: Filters, vectors_of: VectorsOf) -> Query:
    """Return the query for `profile`: stored vectors of its liked items and terms of their titles; no encoder needed.

    The vectors of liked items are moved away from those of disliked ones. Without liked items the terms come from the
    stated interests, if any.
    """
    vectors, weights = _stored_vectors(profile.liked, vectors_of)
    disliked = [item for item in profile.history if item.action == "dislike" and item.weight < 0]
    return Query(
        k=k,
        terms=_terms(profile),
        vectors=_moved_away(vectors, *_stored_vectors(disliked, vectors_of)) if len(vectors) else None,
        vector_weights=weights if len(vectors) else None,
        filters=_without_disliked_channels(profile, filters),
        exclude=_exclude(profile, filters),
        profile=profile,
    )


def text_query(text: str, k: int, filters: Filters, encoder: Encoder, profile: Profile | None = None) -> Query:
    """Return the query for `text`, by its words and its vector; `profile` adds what its reader has seen and likes."""
    return Query(
        k=k,
        text=text,
        vectors=encoder.encode([text]),
        vector_weights=np.ones(1, dtype=np.float32),
        filters=_without_disliked_channels(profile, filters) if profile else filters,
        exclude=_exclude(profile, filters) if profile else frozenset(),
        profile=profile,
    )


def similar_query(
    video: Video, k: int, filters: Filters, vectors_of: VectorsOf, profile: Profile | None = None
) -> Query:
    """Return the query for videos similar to `video`, by its stored vector and its title; it excludes `video`."""
    vectors = list(vectors_of("video", [video.id]).values())
    return Query(
        k=k,
        text=video.title,
        vectors=np.stack(vectors).astype(np.float32) if vectors else None,
        vector_weights=np.ones(1, dtype=np.float32) if vectors else None,
        filters=_without_disliked_channels(profile, filters) if profile else filters,
        exclude=frozenset({video.id}) | (_exclude(profile, filters) if profile else frozenset()),
        profile=profile,
    )


def _exclude(profile: Profile, filters: Filters) -> frozenset[str]:
    return profile.disliked if filters.include_seen else profile.seen


def _without_disliked_channels(profile: Profile, filters: Filters) -> Filters:
    """Return `filters` without the channels that the reader disliked, except the one that `filters` ask for."""
    unwanted = sorted(profile.disliked_channels - {filters.channel, *filters.not_channels})
    return replace(filters, not_channels=(*filters.not_channels, *unwanted)) if unwanted else filters


def _stored_vectors(items: Sequence[HistoryItem], vectors_of: VectorsOf) -> tuple[FloatArray, FloatArray]:
    """Return the stored vectors of `items`, float32[n, d], and their weights, float32[n]; some items have none."""
    stored = {kind: vectors_of(kind, [item.item_id for item in items if item.kind == kind]) for kind in KINDS}
    known = [item for item in items if item.item_id in stored[item.kind]]
    vectors = [stored[item.kind][item.item_id] for item in known]
    weights = np.array([item.weight for item in known], dtype=np.float32)
    return np.stack(vectors).astype(np.float32) if vectors else np.empty((0, 0), dtype=np.float32), weights


def _moved_away(liked: FloatArray, disliked: FloatArray, weights: FloatArray) -> FloatArray:
    """Return `liked` minus `DISLIKE_WEIGHT` times the weighted mean of `disliked` (Rocchio), as unit rows."""
    if not len(disliked):
        return liked
    mean = np.average(disliked, axis=0, weights=np.abs(weights))
    moved = liked - DISLIKE_WEIGHT * mean
    unit: FloatArray = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _terms(profile: Profile) -> tuple[tuple[str, float], ...]:
    """Return the `MAX_TERMS` heaviest terms of what the reader likes; weights sum to at most 1, ties by term."""
    weighted = [(item.title, item.weight) for item in profile.liked] or [
        (interest, 1 / len(profile.interests)) for interest in profile.interests
    ]
    weights: defaultdict[str, float] = defaultdict(float)
    for text, weight in weighted:
        analysed = terms(text)
        for term in analysed:
            weights[term] += weight / len(analysed)
    return tuple(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_TERMS])
