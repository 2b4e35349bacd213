"""What to look for: a reader's profile, or a wish, as a `Query`."""

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
LEADING = re.compile(
    r"(?:i(?:'d| would)? (?:want|like|wish)(?: to (?:see|watch))? )?"
    r"(?:(?:something|anything|some|any|a|short|videos?|clips?|films?) )+(?:about|on|of|with|related to) "
    r"(?P<topic>.*\w.*)",
    re.IGNORECASE,
)


def profile_query(profile: Profile, k: int, filters: Filters, vectors_of: VectorsOf) -> Query:
    """What `profile` likes: the stored vectors of its liked items and the terms of their titles. Needs no encoder.

    A reader without liked items is looked for by the interests they stated, if any.
    """
    stored = {kind: vectors_of(kind, [item.item_id for item in profile.liked if item.kind == kind]) for kind in KINDS}
    found = [
        (stored[item.kind][item.item_id], item.weight) for item in profile.liked if item.item_id in stored[item.kind]
    ]
    return Query(
        k=k,
        terms=_terms(profile),
        vectors=np.stack([vector for vector, _ in found]).astype(np.float32) if found else None,
        vector_weights=np.array([weight for _, weight in found], dtype=np.float32) if found else None,
        filters=filters,
        exclude=_excluded(profile, filters),
        profile=profile,
    )


def text_query(text: str, k: int, filters: Filters, encoder: Encoder, profile: Profile | None = None) -> Query:
    """What `text` asks for, by its words and its vector; `profile` adds what its reader has seen and likes."""
    return Query(
        k=k,
        text=text,
        vectors=encoder.encode([text]),
        vector_weights=np.ones(1, dtype=np.float32),
        filters=filters,
        exclude=_excluded(profile, filters) if profile else frozenset(),
        profile=profile,
    )


def alike_query(video: Video, k: int, filters: Filters, vectors_of: VectorsOf, profile: Profile | None = None) -> Query:
    """What resembles `video`, by its stored vector and the words of its title, but not `video` itself."""
    found = list(vectors_of("video", [video.id]).values())
    return Query(
        k=k,
        text=video.title,
        vectors=np.stack(found).astype(np.float32) if found else None,
        vector_weights=np.ones(1, dtype=np.float32) if found else None,
        filters=filters,
        exclude=frozenset({video.id}) | (_excluded(profile, filters) if profile else frozenset()),
        profile=profile,
    )


def _excluded(profile: Profile, filters: Filters) -> frozenset[str]:
    return frozenset() if filters.include_seen else profile.seen


def _terms(profile: Profile) -> tuple[tuple[str, float], ...]:
    """The heaviest terms of what the reader likes, their weights summing to 1 or less; ties by term."""
    weighted = [(item.title, item.weight) for item in profile.liked] or [
        (interest, 1 / len(profile.interests)) for interest in profile.interests
    ]
    weights: defaultdict[str, float] = defaultdict(float)
    for text, weight in weighted:
        found = terms(text)
        for term in found:
            weights[term] += weight / len(found)
    return tuple(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_TERMS])


def topic_of(wish: str | None) -> str | None:
    """ "something about night trains" -> "night trains"; None for a wish that is blank or absent."""
    tidy = " ".join((wish or "").split())
    leading = LEADING.fullmatch(tidy)
    return leading["topic"] if leading else tidy or None
