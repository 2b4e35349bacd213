"""Attributed-up numbers and names, and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.ingest.enrich.grounding import in_other_script, numbers_of, unsupported
from shortlist.ingest.enrich.title_quality import is_uninformative

SOURCE = (
    "So my cousin Imogen moved to Reykjavík in twenty nineteen. Her oven reaches two hundred and fifty degrees; "
    "the loaf, 1,200 grams of it, took three-quarters of an hour. The Kennedys ate it at 7:30. It cost 3.50 euros."
)


@pytest.mark.parametrize(
    "written",
    [
        "Imogen bakes a loaf of 1200 grams in Reykjavík's style.",
        "It was in 2019, at 250 degrees.",
        "A loaf for 3.5 euros, eaten by a Kennedy.",
        "Bread. Ovens. Everything begins with a capital.",
        'She says: "Ovens are hot." One of them is hers.',
        "It takes three quarters of an hour at two hundred and fifty degrees.",
        "7 and 30, at 7:30.",
    ],
)
def test_what_the_source_holds(written: str) -> None:
    assert unsupported(written, SOURCE) == []


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("A loaf of 1,300 grams.", ["1300"]),
        ("Four people ate it.", ["4"]),
        ("They ate for forty-five minutes.", ["45"]),
        ("The loaf was baked by Marta in Oslo.", ["Marta", "Oslo"]),
        ("A NASA oven.", ["NASA"]),
        ("Baked in a GPT4 oven.", ["4", "GPT4"]),
        ("A million loaves.", ["1000000"]),
    ],
)
def test_what_it_does_not(written: str, wrong: list[str]) -> None:
    assert set(unsupported(written, SOURCE)) == set(wrong)


@pytest.mark.parametrize(
    ("words", "figures"),
    [("two hundred and fifty", ["250"]), ("three thousand four hundred twelve", ["3412"]), ("a hundred", ["100"]),
     ("five million two", ["5000002"]), ("twenty nineteen", ["20", "19"]), ("nine and ten", ["9", "10"])],
)  # fmt: skip
def test_numbers_in_words(words: str, figures: list[str]) -> None:
    assert list(numbers_of(words)) == figures


def test_numbers_as_figures() -> None:
    text = "Twenty-five, 1,000, 1.000.000, 3,5 and 0.50; one of them; a dozen; 007"
    assert list(numbers_of(text)) == ["25", "1000", "1000000", "3.5", "0.5", "12", "7"]


def test_a_translation() -> None:
    source = "通知書被封裝後有郵車送至處理中心"
    assert in_other_script("How letters get there.", source)
    assert not in_other_script("通知書如何送達 EMS", source)
    assert not in_other_script("通知書", "Letters, in English.")
    assert not in_other_script("Was ist Brot?", "Was Brot ist, und wie es aufgeht.")


@given(st.text(max_size=200))
def test_a_text_supports_itself(text: str) -> None:
    assert unsupported(text, text) == []


@pytest.mark.parametrize(
    "title",
    ["video_0042.mp4", "VID_20260114_0042", "IMG-20260114-WA0001.mp4", "20260114_101500", "1002", "a3f9c2d17b6e",
     "final_final2.mov", "untitled", "Screen Recording 2026-01-14 at 10.15.00",
     "#fyp #bread #viral", "🔥🔥🔥", "YOU WON'T BELIEVE THIS LOAF", "bbaf2n"],
)  # fmt: skip
def test_titles_that_say_nothing(title: str) -> None:
    assert is_uninformative(title)


@pytest.mark.parametrize(
    "title",
    ["Why bread rises", "NASA explains", "bread", "How to fix a tap #diy", "3 ways to tie a knot",
     "なぜパンは膨らむのか", "DIY", "الخبز في المنزل", "Final exams: what to know", "short stories of the sea"],
)  # fmt: skip
def test_titles_that_do(title: str) -> None:
    assert not is_uninformative(title)


def test_what_is_repeated_without_end_takes_no_time_without_end() -> None:
    """Each would take hours if the time doubled, or grew with the cube, with every repetition."""
    assert is_uninformative("whatsapp video " * 2000)
    assert not unsupported("One hundred.", "hundred " * 20_000)
    assert len(list(numbers_of("million " * 20_000))) == 20_000 / 12 // 1 + 1
