"""Queries from a reader's profile, a wish or a video."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from shortlist.core.ranking import Filters, FloatArray, Query
from shortlist.core.types import KINDS, Kind, Profile, Video
from shortlist.models.encoders.encoder import Encoder
from shortlist.retrieval.analysis import terms

VectorsOf = Callable[[Kind, Sequence[str]], Mapping[str, FloatArray]]

MAX_TERMS = 32
WISH_OPENING = re.compile(
    r"(?:i(?:'d| would)? (?:want|like|wish)(?: to (?:see|watch))? )?"
    r"(?:(?:something|anything|some|any|a|short|videos?|clips?|films?) )+(?:about|on|of|with|related to) "
    r"(?P<topic>.*\w.*)",
    re.IGNORECASE,
)


def profile_query(profile: Profile, k: int, filters: Filters, vectors_of: VectorsOf) -> Query:
    """Return the query for `profile`: stored vectors of its liked items and terms of their titles; no encoder needed.

    Without liked items the terms come from the stated interests, if any.
    """
    stored = {kind: vectors_of(kind, [item.item_id for item in profile.liked if item.kind == kind]) for kind in KINDS}
    weighted = [
        (stored[item.kind][item.item_id], item.weight) for item in profile.liked if item.item_id in stored[item.kind]
    ]
    return Query(
        k=k,
        terms=_terms(profile),
        vectors=np.stack([vector for vector, _ in weighted]).astype(np.float32) if weighted else None,
        vector_weights=np.array([weight for _, weight in weighted], dtype=np.float32) if weighted else None,
        filters=filters,
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
        filters=filters,
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
        filters=filters,
        exclude=frozenset({video.id}) | (_exclude(profile, filters) if profile else frozenset()),
        profile=profile,
    )


def _exclude(profile: Profile, filters: Filters) -> frozenset[str]:
    return frozenset() if filters.include_seen else profile.seen


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


def extract_topic(wish: str | None) -> str | None:
    """Return the topic of a wish: "night trains" for "something about night trains"; None for a blank wish or None."""
    one_line = " ".join((wish or "").split())
    match = WISH_OPENING.fullmatch(one_line)
    return match["topic"] if match else one_line or None
