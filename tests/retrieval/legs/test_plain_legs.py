"""affinity and popular, by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.core.types import Attributed, Enrichment, HistoryItem, Profile, Video
from shortlist.retrieval.build import build_leg

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def video(item_id: str, category: str | None, days_old: float | None = None) -> Video:
    made = Attributed(category, "given") if category else None
    published = None if days_old is None else NOW - timedelta(days=days_old)
    return Video(item_id, "clip", published=published, enrichment=Enrichment(category=made))


def profile(**categories: float) -> Profile:
    return Profile("u", (HistoryItem("a", "article", "click", NOW, None, "", None, 1.0),), categories)


def test_affinity_is_the_readers_share_of_the_category_then_popularity(snapshot_of: Any) -> None:
    videos = [video("a", "food"), video("b", "food"), video("c", "music"), video("d", None), video("e", "tax")]
    snapshot = snapshot_of(videos, np.eye(5), popular={"b": 9.0, "e": 99.0})
    ranking = build_leg("affinity", snapshot, RetrievalConfig()).search(
        Query(k=5, profile=profile(food=0.25, music=0.75))
    )
    assert ranking.ids == ("c", "b", "a", "e", "d")
    np.testing.assert_allclose(ranking.scores, [0.75, 0.2505, 0.25, 0.001, 0.0], atol=1e-9)


def test_a_new_reader_likes_what_they_named(snapshot_of: Any) -> None:
    snapshot = snapshot_of([video("a", "food"), video("b", "music"), video("c", None)], np.eye(3))
    leg = build_leg("affinity", snapshot, RetrievalConfig())
    named = leg.search(Query(k=3, profile=Profile("u", interests=("Music", "knitting"))))
    assert dict(zip(named.ids, named.scores.tolist(), strict=True)) == {"b": 1.0, "a": 0.0, "c": 0.0}
    assert len(leg.search(Query(k=3, profile=Profile("u", interests=("knitting",))))) == 0


def test_where_taste_tells_nothing_apart_popularity_is_not_taken_for_it(snapshot_of: Any) -> None:
    videos = [video(name, "food") for name in "abc"]
    snapshot = snapshot_of(videos, np.eye(3), popular={"b": 9.0, "c": 99.0})
    leg = build_leg("affinity", snapshot, RetrievalConfig())
    assert leg.search(Query(k=3, profile=profile(food=1.0))).scores.tolist() == [1.0, 1.0, 1.0]
    assert leg.search(Query(k=3, profile=profile(music=1.0))).scores.tolist() == [0.0, 0.0, 0.0]


def test_a_removed_video_is_not_the_newest(snapshot_of: Any) -> None:
    videos = [video("a", None, 30), video("b", None, 0), video("wrong", None, -9_999)]
    config = RetrievalConfig(fresh_weight=1.0, fresh_half_life_days=30)
    found = build_leg("popular", snapshot_of(videos, np.eye(3), removed=["wrong"]), config).search(Query(k=3))
    assert dict(zip(found.ids, found.scores.tolist(), strict=True)) == pytest.approx({"b": 1.0, "a": 0.5})


def test_affinity_without_categories_has_nothing_to_say(snapshot_of: Any) -> None:
    leg = build_leg("affinity", snapshot_of([video("a", "food")], np.eye(1)), RetrievalConfig())
    assert len(leg.search(Query(k=5, profile=profile()))) == 0


def test_popular_is_log_of_events_and_freshness(snapshot_of: Any) -> None:
    videos = [video("a", None, 60), video("b", None, 30), video("c", None, 0), video("d", None)]
    snapshot = snapshot_of(videos, np.eye(4), popular={"a": np.e**2 - 1, "d": np.e - 1, "unknown": 50.0})
    config = RetrievalConfig(fresh_weight=0.4, fresh_half_life_days=30)
    ranking = build_leg("popular", snapshot, config).search(Query(k=9))
    assert ranking.ids == ("a", "d", "c", "b")
    assert ranking.scores.tolist() == pytest.approx([1 + 0.1, 0.5, 0.4, 0.2])


def test_without_events_and_dates_popular_answers_by_id(snapshot_of: Any) -> None:
    snapshot = snapshot_of([video(name, None) for name in "cab"], np.eye(3))
    assert build_leg("popular", snapshot, RetrievalConfig()).search(Query(k=2)).ids == ("a", "b")
