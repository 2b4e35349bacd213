from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from shortlist.agent.batch import ItemBatch
from shortlist.agent.explain.reasons import ReasonContext, reason
from shortlist.core.types import Enrichment, HistoryItem, Made, Profile, Segment, Transcript, Video

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def vector(*values: float) -> Any:
    return np.array(values, dtype=np.float32)


MOON = Video("moon", "Dust on the Moon", duration_s=60.0)
TEA = Video("tea", "A calm cup", published=NOW, transcript=Transcript((Segment("Pour the oolong, wait."),)),
            enrichment=Enrichment(category=Made("Food", "given")))  # fmt: skip
HISTORY = (
    HistoryItem("moon", "video", "view", NOW, 58.0, "Dust on the Moon", "Sci/Tech", 0.5),
    HistoryItem("left", "video", "view", NOW, 2.0, "Left at once", "Food", 0.5),
)
VECTORS: Any = {"video": {"moon": vector(0.6, 0.8), "left": vector(1, 0), "tea": vector(1, 0)}}
KNOWN = ReasonContext(
    Profile("u", HISTORY, categories={"Food": 0.5, "Sci/Tech": 0.5}), None, None, ItemBatch({"moon": MOON}), VECTORS
)


def test_the_nearest_thing_that_was_watched() -> None:
    """The item left at once is nearer (cosine 1 against 0.6) but explains nothing."""
    assert reason(TEA, KNOWN) == "because you watched “Dust on the Moon” to the end"


def test_an_article_is_not_near_by_the_video_of_its_id() -> None:
    read = replace(KNOWN.profile, history=(replace(HISTORY[0], kind="article", weight=1.0),))
    assert "“Dust on the Moon”" not in reason(TEA, replace(KNOWN, profile=read))
    by_article = {**VECTORS, "article": {"moon": vector(1, 0)}}
    assert "“Dust on the Moon”" in reason(TEA, replace(KNOWN, profile=read, vectors=by_article))


def test_the_category_where_nothing_liked_is_near() -> None:
    assert reason(TEA, replace(KNOWN, vectors={})) == "Food is 50% of what you like"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("a calm cup of tea", "its title speaks of “calm” and “cup”, as you asked"),
        ("oolong!", "the transcript speaks of “oolong”, as you asked"),
        ("hot drinks", "close in meaning to “hot drinks”"),
    ],
)
def test_a_wish_goes_first(wish: str, words: str) -> None:
    assert reason(TEA, replace(KNOWN, wish=wish, wish_vector=vector(1, 0))) == words


@pytest.mark.parametrize(
    ("title", "wish"),
    [("How calm is this cup?", "how do volcanoes work"), ("犬の散歩について", "猫の動画について")],
)
def test_words_of_the_asking_are_no_topic(title: str, wish: str) -> None:
    assert "speaks of" not in reason(replace(TEA, title=title), replace(KNOWN, wish=wish, wish_vector=vector(0, 1)))


def test_only_the_title_that_is_shown_counts() -> None:
    rewritten = replace(TEA, enrichment=Enrichment(rewritten_title=Made("Slow mornings", "a-model")))
    assert "its title speaks" not in reason(rewritten, replace(KNOWN, wish="calm", wish_vector=vector(0, 1)))


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Sewing machine repair", "published on 1 January 2026"),
        ("Machine learning in an hour", "you named “machine learning” as an interest"),
    ],
)
def test_an_interest_is_named_whole(title: str, words: str) -> None:
    known = ReasonContext(Profile("u", interests=("machine learning", "South Africa")), None, None, ItemBatch())
    assert reason(replace(TEA, title=title), known) == words


def test_a_wish_that_is_far_is_not_claimed_to_be_near() -> None:
    assert "watched" in reason(TEA, replace(KNOWN, wish="hot drinks", wish_vector=vector(0, 1)))


@pytest.mark.parametrize(
    ("profile", "popular", "words"),
    [
        (Profile("u", interests=("food and tea",)), frozenset(), "you named “food” as an interest"),
        (Profile("u"), frozenset({"tea"}), "popular with other readers"),
        (Profile("u"), frozenset({"moon"}), "published on 1 January 2026"),
    ],
)
def test_a_reader_without_history(profile: Profile, popular: frozenset[str], words: str) -> None:
    assert reason(TEA, ReasonContext(profile, None, None, ItemBatch(), popular=popular)) == words


def test_where_nothing_is_known_nothing_is_claimed() -> None:
    assert (
        reason(MOON, ReasonContext(Profile("u"), None, None, ItemBatch())) == "one of the videos you have not seen yet"
    )
