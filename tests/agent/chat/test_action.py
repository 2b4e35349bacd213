"""Arguments of an action and the request that they ask for."""

from __future__ import annotations

from datetime import UTC, datetime

from shortlist.agent.chat.action import arguments_of, build_filters
from shortlist.core.ranking import Filters, Request


def test_the_arguments_of_a_request_ask_for_the_same_list() -> None:
    filters = Filters(
        max_duration_s=60.0,
        category="Food",
        not_channels=("Orbit Minute",),
        not_words=("politics", "war"),
        published_after=datetime(2026, 11, 1, tzinfo=UTC),
        include_seen=True,
    )
    arguments = arguments_of(Request("ann", 12, "bread", filters=filters))
    assert arguments["user"] == "ann"
    assert arguments["about"] == "bread"
    assert arguments["published_after"] == "2026-11-01"
    assert build_filters(arguments) == filters
    assert arguments_of(Request("ann", 5)) == {"user": "ann"}
