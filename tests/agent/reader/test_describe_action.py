from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shortlist.agent.reader.describe_action import describe_action
from shortlist.core.types import Action, HistoryItem, Kind


@pytest.mark.parametrize(
    ("kind", "action", "dwell", "length", "words"),
    [
        ("video", "view", 57.0, 60.0, ("watched", "to the end")),
        ("video", "view", 57.0, None, ("watched", "for 57 s")),
        ("video", "view", 3.2, 60.0, ("left", "after 3 s")),
        ("video", "view", 3.2, 3.0, ("watched", "to the end")),
        ("video", "click", None, 60.0, ("watched", "")),
        ("article", "click", 300.0, None, ("read", "for 5 min")),
        ("article", "like", 300.0, None, ("liked", "")),
        ("video", "skip", 1.0, 60.0, ("skipped", "")),
    ],
)
def test_what_was_done_in_words(
    kind: Kind, action: Action, dwell: float | None, length: float | None, words: tuple[str, str]
) -> None:
    item = HistoryItem("x", kind, action, datetime(2026, 1, 1, tzinfo=UTC), dwell, "X", None, 0.0)
    assert describe_action(item, length) == words
