"""A request is stored so that it can be repeated exactly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.errors import RecordError
from shortlist.core.exposures import ShownItem, request_document, request_of
from shortlist.core.ranking import Filters, Request

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.lists(TEXTS, max_size=3).map(tuple)
TIMES = st.none() | st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
SECONDS = st.none() | st.floats(0, 1e6)
FILTERS = st.builds(
    Filters, SECONDS, st.none() | TEXTS, st.none() | TEXTS, st.none() | TEXTS, TIMES, st.booleans(), SECONDS, NAMES,
    NAMES, NAMES, TIMES, NAMES, NAMES,
)  # fmt: skip
REQUESTS = st.builds(
    Request, TEXTS, st.integers(1, 1000), st.none() | TEXTS, st.sampled_from(["auto", "none", "yesno"]), SECONDS,
    FILTERS, st.none() | st.frozensets(TEXTS, max_size=3), st.none() | TEXTS, TIMES,
)  # fmt: skip


@given(REQUESTS)
def test_a_request_comes_back_from_its_document(request: Request) -> None:
    assert request_of(request_document(request)) == request


def test_the_document_holds_only_what_was_asked() -> None:
    request = Request("ann", wish="moon", filters=Filters(category="Space"), only=frozenset("cab"))
    assert request_document(request) == {
        "user_id": "ann", "wish": "moon", "filters": {"category": "Space"}, "only": ["a", "b", "c"],
    }  # fmt: skip
    with pytest.raises(ValueError, match="user_id"):
        request_of({"k": 3})


def test_the_source_of_an_item_is_the_stage_that_added_most() -> None:
    stages = {
        "dense": {"rank": 1, "score": 0.9, "contribution": 0.2},
        "bm25": {"rank": 4, "score": 7.0, "contribution": 0.3},
        "fusion": {"rank": 1, "score": 0.8, "contribution": None},
    }
    item = ShownItem.of({"video_id": "a", "rank": 1, "score": 0.8, "stages": stages})
    assert item == ShownItem("a", 1, 0.8, "bm25", None, 1.0)


@pytest.mark.parametrize("propensity", [0.0, -0.1, 1.1, float("nan")])
def test_a_propensity_is_a_positive_probability(propensity: float) -> None:
    with pytest.raises(RecordError, match="propensity"):
        ShownItem("a", 1, 0.5, propensity=propensity)
