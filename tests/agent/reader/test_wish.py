from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.agent.reader.query import extract_topic


@pytest.mark.parametrize(
    ("wish", "topic"),
    [
        ("something about space", "space"),
        ("Some short videos on night trains", "night trains"),
        ("I would like to see something about bread", "bread"),
        ("a calm cup of tea", "a calm cup of tea"),
        ("something calm", "something calm"),
        ("something about ?", "something about ?"),
        ("  night \n trains ", "night trains"),
        ("", None),
        (" ", None),
        (None, None),
    ],
)
def test_what_a_wish_is_about(wish: str | None, topic: str | None) -> None:
    assert extract_topic(wish) == topic


@given(st.text())
def test_a_topic_is_part_of_its_wish(wish: str) -> None:
    topic = extract_topic(wish)
    assert topic is None if not wish.split() else topic and topic in " ".join(wish.split())
