from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from shortlist.agent.reader.query import MAX_TERMS, profile_query, text_query
from shortlist.core.ranking import Filters, FloatArray
from shortlist.core.types import HistoryItem, Profile


def liked(item_id: str, title: str, weight: float) -> HistoryItem:
    return HistoryItem(item_id, "video", "view", datetime(2026, 1, 1, tzinfo=UTC), None, title, None, weight)


PROFILE = Profile(
    "u",
    (liked("a", "Moon dust", 0.75), liked("b", "The moon rises", 0.25), liked("c", "Skipped comet", -0.5)),
    seen=frozenset({"a", "b", "c"}),
)


def two_axes(kind: str, ids: list[str]) -> dict[str, FloatArray]:
    """Of the videos a and b; the articles of these ids lie on the other axis."""
    axes = np.eye(2, dtype=np.float32)
    return {item: axes[place - (kind == "article")] for place, item in enumerate("ab") if item in ids}


def test_a_profile_is_looked_for_by_the_vectors_and_title_terms_of_what_was_liked() -> None:
    query = profile_query(PROFILE, 10, Filters(), two_axes)
    assert query.terms == (("moon", pytest.approx(0.5)), ("dust", pytest.approx(0.375)), ("rise", pytest.approx(0.125)))
    assert query.vectors is not None
    assert query.vectors.tolist() == [[1, 0], [0, 1]]
    assert query.vector_weights == pytest.approx([0.75, 0.25])
    assert query.exclude == {"a", "b", "c"}
    assert query.text is None


def test_an_article_is_not_taken_for_the_video_of_its_id() -> None:
    read = tuple(replace(item, kind="article", weight=1.0) for item in PROFILE.history[:1])
    query = profile_query(replace(PROFILE, history=read), 10, Filters(), two_axes)
    assert query.vectors is not None
    assert query.vectors.tolist() == [[0, 1]]


def test_seen_items_come_back_only_when_asked_for() -> None:
    assert profile_query(PROFILE, 10, Filters(include_seen=True), two_axes).exclude == frozenset()


DISLIKED = HistoryItem("b", "video", "dislike", datetime(2026, 1, 1, tzinfo=UTC), None, "Bread", None, -1.0)


def test_likes_are_moved_away_from_dislikes() -> None:
    """(1, 0) - 0.2 (0, 1) has the length sqrt(1.04)."""
    profile = Profile("u", (liked("a", "Moon dust", 1.0), DISLIKED))
    query = profile_query(profile, 10, Filters(), two_axes)
    assert query.vectors is not None
    assert query.vectors.tolist() == [pytest.approx([1 / 1.04**0.5, -0.2 / 1.04**0.5])]
    assert query.vectors.dtype == np.float32


def test_disliked_videos_and_channels_stay_out_even_with_seen_ones() -> None:
    profile = replace(PROFILE, disliked=frozenset("c"), disliked_channels=frozenset({"NASA", "Orbit"}))
    query = profile_query(profile, 10, Filters(include_seen=True, not_channels=("Food",)), two_axes)
    assert query.exclude == {"c"}
    assert query.filters.not_channels == ("Food", "NASA", "Orbit")
    assert profile_query(profile, 10, Filters(channel="NASA"), two_axes).filters.not_channels == ("Orbit",)


def test_only_the_heaviest_terms_are_kept() -> None:
    titles = [liked(f"v{i}", f"word{i}x", i / 820) for i in range(1, 41)]
    query = profile_query(Profile("u", tuple(titles)), 10, Filters(), lambda kind, ids: {})
    assert len(query.terms) == MAX_TERMS
    assert query.terms[0][0] == "word40x"
    assert query.vectors is None


def test_a_reader_without_likes_is_looked_for_by_stated_interests() -> None:
    query = profile_query(Profile("u", interests=("moon dust", "bread")), 10, Filters(), two_axes)
    assert dict(query.terms) == {"bread": 0.5, "moon": 0.25, "dust": 0.25}


def test_a_reader_of_whom_nothing_is_known_has_a_query_of_nothing() -> None:
    query = profile_query(Profile("u"), 10, Filters(), two_axes)
    assert (query.terms, query.vectors, query.text) == ((), None, None)


class OneVector:
    name, dim = "one", 2

    def encode(self, texts: list[str]) -> FloatArray:
        return np.array([[0.6, 0.8]] * len(texts), dtype=np.float32)


def test_a_wish_is_looked_for_by_its_words_and_vector_and_leaves_out_what_was_seen() -> None:
    query = text_query("moon landings", 10, Filters(), OneVector(), replace(PROFILE))
    assert (query.text, query.terms) == ("moon landings", ())
    assert query.vectors is not None
    assert query.vectors.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]
    assert query.exclude == PROFILE.seen
    assert text_query("moon", 10, Filters(), OneVector()).exclude == frozenset()
