"""Keyword stuffing: lists and repetitions are set apart, prose stays as it is, nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.stuffing import prose, sift

TALK = "A lab in Utah builds a robot that climbs stairs. It fell down four hundred times before it could walk."

LISTS = {
    "chapters with times": "0:00 Intro 1:10 how the brain works 9:40 Questions 12:00 Credits",
    "entries with semicolons": "In this episode: news; climate and energy; your letters; goodbye.",
    "hashtags": "#cooking #travel #space #shorts",
    "bars": "Cooking tips | Travel tips | Space news | Subscribe",
    "numbers": "Contents: I. History. II. Climate and energy. III. Outlook.",
    "bare words": "Moon. Mars. Venus. Saturn. Black holes.",
    "German chapters": "Kapitel: 0:00 Begrüßung 2:15 Klima und Energie 8:30 Fragen",
    "Japanese chapters": "目次：はじめに｜脳の仕組み｜質問｜おわりに",
    "Arabic hashtags": "#طبخ #سفر #فضاء #أخبار",
}
REPETITIONS = {
    "a sentence again and again": "How the brain works and why. " * 5,
    "a phrase within a sentence": "How the brain works, how the brain works and again how the brain works.",
    "the same in Chinese": "大脑是如何工作的大脑是如何工作的大脑是如何工作的。",
}
PROSE = (
    TALK,
    "We had pizza, pasta, salad and wine.",
    "I was five when we moved. My father found work in the mine. I did not like it there at all.",
    "She said: nobody will ever build this. They did.",
    "Calcium, magnesium, zinc, iron and copper are minerals that the body needs in small amounts.",
    "東京は日本の首都です。人口は約千四百万人です。世界で最も大きな都市の一つです。",
)


@pytest.mark.parametrize("listed", LISTS.values(), ids=LISTS)
def test_a_list_is_no_prose(listed: str) -> None:
    assert prose(f"{TALK} {listed}").strip() == TALK
    assert TALK in prose(f"{listed}\n{TALK}")
    assert sift(f"{TALK} {listed}").stuffing


@pytest.mark.parametrize("repeated", REPETITIONS.values(), ids=REPETITIONS)
def test_a_repetition_is_no_prose(repeated: str) -> None:
    found = sift(f"{TALK} {repeated}")
    assert found.prose.startswith(TALK)
    assert len(found.prose) <= len(TALK) + 1 + len("How the brain works and why. ")


@pytest.mark.parametrize("text", PROSE)
def test_prose_stays_as_it_is(text: str) -> None:
    assert sift(text) == (text, "")


def test_a_text_of_a_list_alone_is_kept() -> None:
    assert sift("iPhone 15 | Review | Camera | 2026") == ("iPhone 15 | Review | Camera | 2026", "")
    assert sift("") == ("", "")


@given(st.lists(st.sampled_from(["moon", " ", ". ", "; ", "#", "0:10 ", "1) ", "\n", "月", "。", "brain works "])))
def test_every_character_is_in_one_part(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = sift(text)
    assert sorted(found.prose + found.stuffing) == sorted(text)
    assert found.prose or not text
