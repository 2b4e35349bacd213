"""Filters that leave out: by category, by channel, by word, by a shortest length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.config import RetrievalConfig
from core.ranking import Filters, Query
from core.types import Enrichment, Made, Video
from retrieval.build import build_leg


def video(video_id: str, title: str, channel: str | None, category: str | None, duration_s: float | None) -> Video:
    made = Enrichment(category=Made(category, "given") if category else None)
    return Video(video_id, title, channel, duration_s=duration_s, enrichment=made)


VIDEOS = [
    video("a", "Rye bread", "Crumb", "Food", 30.0),
    video("b", "A football final", "Touchline", "Sports", 60.0),
    video("c", "Footballs are made by hand", "Crumb", "Business", 90.0),
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
    ],
)
@pytest.mark.parametrize("parts", [1, 3])
def test_what_is_left_out(snapshot_of: Any, filters: Filters, left: str, parts: int) -> None:
    snapshot = snapshot_of(VIDEOS, np.eye(4, dtype=np.float32), parts=parts)
    found = build_leg("popular", snapshot, RetrievalConfig()).search(Query(k=10, filters=filters))
    assert set(found.ids) == set(left)
