from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.token_estimate import estimate_tokens, truncate
from shortlist.models.llm.language_model import Message

ENGLISH = (
    "The harbour wakes before the town does. Boats come in with the tide, and the people who meet them have done so "
    "for thirty years. This film follows one of them through a working day, from the first rope to the last crate."
)


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("four", 1), ("fives", 2), ("月光", 2), ("a月", 2)])
def test_estimates_by_hand(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_the_estimate_is_near_what_a_model_reads_and_rather_above(tiny_llm: Any) -> None:
    empty, full = (
        tiny_llm.ask([Message("user", text)], {"max_tokens": 1})["usage"]["prompt_tokens"] for text in ("", ENGLISH)
    )
    assert 1.0 <= estimate_tokens(ENGLISH) / (full - empty) <= 1.4


@pytest.mark.parametrize(
    ("text", "tokens", "kept"),
    [
        ("one two three", 2, "one two"),
        ("one two three", 9, "one two three"),
        ("endlessword and more", 2, "endlessw"),
        ("月光の下で", 2, "月光"),
        ("anything", 0, ""),
    ],
)
def test_a_cut_keeps_whole_words(text: str, tokens: int, kept: str) -> None:
    assert truncate(text, tokens) == kept


@given(st.text(), st.integers(0, 40))
def test_a_cut_fits_and_is_a_beginning(text: str, tokens: int) -> None:
    kept = truncate(text, tokens)
    assert text.startswith(kept)
    assert estimate_tokens(kept) <= tokens
