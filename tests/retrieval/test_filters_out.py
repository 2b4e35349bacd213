"""Filters that leave out: by category, channel, language, word and id, by a shortest length, by a last day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Filters, Query
from shortlist.core.types import Attributed, Enrichment, Video
from shortlist.retrieval.build import build_leg


def video(
    video_id: str, title: str, channel: str | None, category: str | None, duration_s: float | None, **more: Any
) -> Video:
    made = Enrichment(category=Attributed(category, "given") if category else None)
    return Video(video_id, title, channel, duration_s=duration_s, enrichment=made, **more)


def day(number: int) -> datetime:
    return datetime(2026, 11, number, tzinfo=UTC)


VIDEOS = [
    video("a", "Rye bread", "Crumb", "Food", 30.0, language="en-GB", published=day(1)),
    video("b", "A football final", "Touchline", "Sports", 60.0, language="de", published=day(2)),
    video("c", "Footballs are made by hand", "Crumb", "Business", 90.0, language="en", published=day(3)),
    video("d", "Nothing is known of this one", None, None, None),
]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (Filters(), "abcd"),
        (Filters(not_categories=("sports",)), "acd"),
        (Filters(not_categories=("Sports", "Food")), "cd"),
        (Filters(not_channels=("CRUMB",)), "bd"),
        (Filters(not_words=("football",)), "ad"),
        (Filters(not_words=("the", "unheard")), "abcd"),
        (Filters(min_duration_s=60), "bc"),
        (Filters(min_duration_s=60, max_duration_s=60), "b"),
        (Filters(category="Food", not_channels=("Crumb",)), ""),
        (Filters(not_languages=("EN",)), "bd"),
        (Filters(not_videos=("b", "unheard")), "acd"),
        (Filters(published_before=day(3)), "ab"),
        (Filters(published_after=day(2), published_before=day(3)), "b"),
    ],
)
@pytest.mark.parametrize("parts", [1, 3])
def test_what_is_left_out(snapshot_of: Any, filters: Filters, left: str, parts: int) -> None:
    snapshot = snapshot_of(VIDEOS, np.eye(4, dtype=np.float32), parts=parts)
    found = build_leg("popular", snapshot, RetrievalConfig()).search(Query(k=10, filters=filters))
    assert set(found.ids) == set(left)
