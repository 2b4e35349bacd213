from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from shortlist.agent.batch import ItemBatch
from shortlist.agent.explain.reasons import Candidate, Reason, ReasonContext, reason
from shortlist.core.types import Attributed, Enrichment, HistoryItem, Profile, Segment, Transcript, Video
from shortlist.retrieval.legs.link_evidence import LinkEvidence

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def vector(*values: float) -> Any:
    return np.array(values, dtype=np.float32)


def made(category: str, by: str = "given", summary: str | None = None) -> Enrichment:
    return Enrichment(summary=Attributed(summary, "a-model") if summary else None, category=Attributed(category, by))


POUR = Segment("Pour the oolong tea, wait.", 61.0, 64.0)
MOON = Video("moon", "Dust on the Moon", duration_s=60.0, enrichment=made("Sci/Tech"))
TEA = Video("tea", "A calm cup", transcript=Transcript((POUR,)), enrichment=made("Food", summary="Slow mornings."))
HISTORY = (
    HistoryItem("moon", "video", "view", NOW, 58.0, "Dust on the Moon", "Sci/Tech", 0.5),
    HistoryItem("left", "video", "view", NOW, 2.0, "Left at once", "Food", 0.5),
)
VECTORS: Any = {"video": {"moon": vector(0.6, 0.8), "left": vector(1, 0), "tea": vector(1, 0)}}
READER = Profile("u", HISTORY, categories={"Food": 0.5, "Sci/Tech": 0.5})
CONTEXT = ReasonContext(READER, None, None, ItemBatch.of([MOON]), VECTORS)
STRANGER = ReasonContext(Profile("u"), None, None, ItemBatch())


def why(context: ReasonContext, video: Video = TEA, moved_up: bool = False, **contributions: float) -> Reason:
    segment = next(iter(video.transcript.segments), None)
    return reason(Candidate(video, segment, contributions, moved_up), context)


def test_the_stage_with_the_largest_contribution_gives_the_reason() -> None:
    liked = "like “Dust on the Moon”, which you watched to the end"
    assert why(CONTEXT, dense=0.3, affinity=0.2) == Reason(liked, "dense")
    assert why(CONTEXT, dense=0.1, affinity=0.2) == Reason("Food is 50% of what you like", "affinity")


def test_a_stage_that_the_place_needs_comes_first() -> None:
    parts = {"dense": 0.3, "affinity": 0.2}
    assert reason(Candidate(TEA, None, parts, needed=frozenset({"affinity"})), CONTEXT).stage == "affinity"
    assert reason(Candidate(TEA, None, parts, needed=frozenset({"affinity", "dense"})), CONTEXT).stage == "dense"


PIE = HistoryItem("pie", "article", "view", NOW, 40.0, "Pie", "Food", 0.5)
CUP = HistoryItem("cup", "video", "like", NOW, None, "A cup", "Food", 0.5)


def liking(*items: HistoryItem, food: float = 1.0) -> Profile:
    """A reader of `items`, each with the same weight, and this share of food."""
    return Profile("u", tuple(replace(item, weight=1 / len(items)) for item in items), categories={"Food": food})


def test_a_share_is_said_once_in_a_list_and_then_an_item_of_the_category() -> None:
    share = "Food is 50% of what you like"
    eater = replace(CONTEXT, profile=liking(PIE, CUP, HISTORY[0], food=0.5))

    def why(*said: str) -> str:
        return reason(Candidate(TEA, None, {"affinity": 1.0}, said=said), eater).text

    assert why() == share
    first = why(share)
    second = why(share, first)
    assert {first, second} == {"Food, as is “Pie”, which you read", "Food, as is “A cup”, which you liked"}
    assert why(share, first, second) in ("Food, as is “Pie”", "Food, as is “A cup”")


def test_of_one_or_two_liked_items_no_share_is_said() -> None:
    eater = replace(CONTEXT, profile=liking(PIE))
    assert why(eater, affinity=1.0) == Reason("Food, as is “Pie”, which you read", "affinity")
    near = replace(eater, vectors={**VECTORS, "article": {"pie": vector(1, 0)}})
    assert why(near, affinity=1.0) == Reason("more Food, like “Pie”, which you read", "affinity")


@pytest.mark.parametrize(
    ("rank", "wish", "words"),
    [(3, None, "Food, and 3rd closest in meaning to what you read"), (11, None, "Food, and often watched"),
     (3, "tea", "Food, and often watched")],
)  # fmt: skip
def test_other_facts_tell_videos_of_one_category_apart(rank: int, wish: str | None, words: str) -> None:
    reader = liking(PIE)
    eater = replace(CONTEXT, wish=wish, profile=reader, popularity=lambda video: "often watched")
    said = ("like “Pie”, which you read", "Food, as is “Pie”")
    candidate = Candidate(TEA, None, {"affinity": 1.0}, ranks={"dense": rank}, said=said)
    assert reason(candidate, eater) == Reason(words, "affinity")


@pytest.mark.parametrize(
    ("items", "words"),
    [((PIE,), "read"), ((HISTORY[0],), "watched"), ((PIE, HISTORY[0], CUP), "read and watched"), ((CUP,), "liked")],
)
def test_what_you_did_is_said_by_its_verbs(items: tuple[HistoryItem, ...], words: str) -> None:
    far = replace(CONTEXT, profile=liking(*items), vectors={})
    assert why(far, dense=1.0).text == f"closest in meaning to what you {words}"


def test_an_item_is_described_once_in_a_list() -> None:
    said = ("like “Dust on the Moon”, which you watched to the end",)
    dust = replace(TEA, title="Dusting the moon lamp")

    def why(video: Video = TEA, context: ReasonContext = CONTEXT, **contributions: float) -> str:
        return reason(Candidate(video, None, contributions, said=said), context).text

    led = replace(CONTEXT, leads_to=lambda leg, video: HISTORY[0])
    links = LinkEvidence(("moon",), np.array([0.9]), *(np.array([n]) for n in (3.0, 0.0, 5.0, 1.0)))
    assert why(dense=1.0) == "also like “Dust on the Moon”"
    assert why(dust, tfidf=1.0) == "mentions “Dusting” and “moon”, as does “Dust on the Moon”"
    assert why(context=led, tower=1.0) == "the same model also puts it after “Dust on the Moon”"
    assert why(context=replace(CONTEXT, links=lambda video: links), cowatch=1.0) == (
        "also watched later by at least 3 of 4 others who watched “Dust on the Moon”"
    )


@pytest.mark.parametrize(
    ("cosine", "said", "named"),
    [
        (0.85, "", "Dust on the Moon"),  # the nearest, if none has been named
        (0.85, "like “Dust on the Moon”", "A crater"),  # 0.85 of the nearest
        (0.75, "like “Dust on the Moon”", "Dust on the Moon"),  # 0.75 of the nearest
        (0.85, "like “Dust on the Moon”, like “A crater”", "Dust on the Moon"),
    ],
)
def test_of_items_nearly_as_near_one_that_was_not_named_is_named(cosine: float, said: str, named: str) -> None:
    crater = HistoryItem("crater", "video", "view", NOW, None, "A crater", "Sci/Tech", 0.5)
    vectors: Any = {"video": {"moon": vector(1, 0), "tea": vector(1, 0), "crater": vector(cosine, 0)}}
    context = replace(CONTEXT, profile=Profile("u", (HISTORY[0], crater)), vectors=vectors)
    found = reason(Candidate(TEA, None, {"dense": 1.0}, said=(said,)), context)
    assert f"“{named}”" in found.text
    assert found.stage == "dense"


def test_a_wish_that_is_near_is_quoted_where_it_is_said() -> None:
    wish = replace(CONTEXT, wish="oolong", wish_vector=vector(1, 0))
    assert why(wish, dense=1.0).text == "close in meaning to “oolong”, and says “oolong” at 1:01"


@pytest.mark.parametrize(("rank", "place"), [(2, "2nd"), (3, "3rd"), (11, "11th"), (21, "21st")])
def test_what_is_not_near_has_its_place(rank: int, place: str) -> None:
    far = replace(CONTEXT, wish="hot", wish_vector=vector(0, 1))
    candidate = Candidate(TEA, None, {"dense": 1.0}, ranks={"dense": rank})
    assert reason(candidate, far).text == f"{place} closest in meaning to “hot”"


def test_a_stage_that_lowered_the_video_is_no_reason() -> None:
    assert why(CONTEXT, dense=-0.1, affinity=-0.3) == Reason("nothing sets it apart from the others here", None)


def test_a_guessed_category_is_never_a_reason() -> None:
    """Neither that of the video nor those that the share was counted over."""
    guessed = replace(TEA, enrichment=made("Food", "zero-shot:words"))
    assert why(CONTEXT, guessed, affinity=0.3, dense=0.1).stage == "dense"
    counted = replace(READER, history=(HISTORY[0], replace(HISTORY[1], category_is_guess=True)))
    assert why(replace(CONTEXT, profile=counted), affinity=0.3, dense=0.1).stage == "dense"


def test_what_was_left_at_once_explains_nothing() -> None:
    """It is nearer (cosine 1 against 0.6)."""
    assert "“Dust on the Moon”" in why(CONTEXT, dense=1.0).text


def test_a_dwell_time_short_of_the_whole_is_not_named() -> None:
    [moon, _] = HISTORY
    brief = replace(READER, history=(replace(moon, dwell_s=9.0, weight=1.0),))
    assert why(replace(CONTEXT, profile=brief), dense=1.0).text == "like “Dust on the Moon”, which you watched"


def test_an_article_is_not_near_by_the_video_of_its_id() -> None:
    read = replace(READER, history=(replace(HISTORY[0], kind="article", weight=1.0),))
    far = why(replace(CONTEXT, profile=read), dense=1.0)
    assert far == Reason("closest in meaning to what you read", "dense")
    by_article = {**VECTORS, "article": {"moon": vector(1, 0)}}
    assert "“Dust on the Moon”" in why(replace(CONTEXT, profile=read, vectors=by_article), dense=1.0).text


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("oolong tea!", "says “oolong tea” at 1:01"),
        ("tea of the kind oolong", "says “tea” and “oolong” at 1:01"),
        ("cups of a calm kind", "its title says “cup” and “calm”"),
        ("a morning", "its summary says “mornings”"),
    ],
)
def test_words_of_the_wish_are_quoted_as_they_are_said_where_most_of_them_are(wish: str, words: str) -> None:
    assert why(replace(CONTEXT, wish=wish), bm25=1.0) == Reason(words, "bm25")


def test_an_untimed_segment_is_quoted_without_a_time() -> None:
    untimed = replace(TEA, transcript=Transcript((Segment(POUR.text),)))
    assert why(replace(CONTEXT, wish="oolong"), untimed, tfidf=1.0).text == "says “oolong”"


@pytest.mark.parametrize(
    ("at", "words"), [((1, 0), "close in meaning to “hot”"), ((0, 1), "closest in meaning to “hot”")]
)
def test_only_what_is_near_is_called_close(at: tuple[int, int], words: str) -> None:
    wish = replace(CONTEXT, wish="hot", wish_vector=vector(*at))
    assert why(wish, dense=1.0).text.startswith(words)


@pytest.mark.parametrize(
    ("title", "wish"),
    [("How calm is this cup?", "how do volcanoes work"), ("犬の散歩について", "猫の動画について")],
)
def test_words_of_the_asking_are_no_topic(title: str, wish: str) -> None:
    assert "says" not in why(replace(CONTEXT, wish=wish), replace(TEA, title=title), bm25=1.0, dense=0.1).text


def test_only_the_title_that_is_shown_counts() -> None:
    rewritten = replace(TEA, enrichment=Enrichment(rewritten_title=Attributed("Slow mornings", "a-model")))
    assert why(replace(CONTEXT, wish="calm"), rewritten, bm25=1.0).stage is None


def test_words_shared_with_what_was_read() -> None:
    dust = replace(TEA, title="Dusting the moon lamp")
    assert why(CONTEXT, dust, tfidf=1.0).text == (
        "mentions “Dusting” and “moon”, as does “Dust on the Moon”, which you watched to the end"
    )
    assert why(CONTEXT, tfidf=1.0, dense=0.5).stage == "dense"  # no word in common


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Sewing machine repair", "we know little about you yet"),
        ("Machine learning in an hour", "mentions “machine learning”, which you named as an interest"),
    ],
)
def test_an_interest_is_named_whole(title: str, words: str) -> None:
    named = replace(STRANGER, profile=Profile("u", interests=("machine learning", "South Africa")))
    assert why(named, replace(TEA, title=title), bm25=1.0).text == words


def test_a_named_category_is_the_reason_of_a_new_reader() -> None:
    named = replace(STRANGER, profile=Profile("u", interests=("food",)))
    assert why(named, affinity=1.0) == Reason("you named “Food” as an interest", "affinity")
    guess = replace(TEA, enrichment=Enrichment(category=Attributed("Food", "nearest")))
    assert why(named, guess, affinity=1.0).text == "looks like “Food”, which you named as an interest"


@pytest.mark.parametrize(
    ("after", "before", "watched", "words"),
    [
        (4, 9, 12, "watched later by at least 4 of 11 others who watched “Dust on the Moon”"),
        (3, 0, 4, "watched later by all 3 others who watched “Dust on the Moon”"),
        (0, 3, 8, "watched before by at least 3 of 7 others who watched “Dust on the Moon”"),
    ],
)
def test_cowatch_counts_readers(after: int, before: int, watched: int, words: str) -> None:
    assert why(_watched_after(after, before, watched), cowatch=1.0) == Reason(words, "cowatch")


@pytest.mark.parametrize(("after", "before", "watched"), [(1, 0, 2), (2, 2, 9), (0, 1, 3)])
def test_fewer_than_three_readers_are_no_evidence(after: int, before: int, watched: int) -> None:
    assert why(_watched_after(after, before, watched), cowatch=1.0).stage is None


def _watched_after(after: int, before: int, watched: int) -> ReasonContext:
    def links(video: Video) -> LinkEvidence:
        counts = (np.array([0.1, 0.9]), *(np.array([1.0, n]) for n in (after, before, watched)), np.ones(2))
        return LinkEvidence(("left", "moon"), *counts)

    return replace(CONTEXT, links=links)


def test_reasons_for_an_unknown_reader() -> None:
    popular = "popular with other readers"
    assert why(replace(CONTEXT, popularity=lambda video: popular), popular=1.0) == Reason(popular, "popular")
    stranger = replace(STRANGER, popularity=lambda video: popular)
    first = why(stranger, popular=1.0).text
    assert first == f"{popular}; we know little about you yet"
    assert reason(Candidate(TEA, None, {"popular": 1.0}, said=(first,)), stranger).text == popular
    assert why(STRANGER, popular=1.0) == Reason("we know little about you yet", None)


def test_the_model_is_named_where_it_moved_the_video_most() -> None:
    wish = replace(CONTEXT, wish="hot")
    moved = why(wish, moved_up=True, dense=0.2, rerank=0.5)
    assert moved == Reason("moved up by the language model: answers your wish", "rerank")
    assert why(wish, dense=0.2, rerank=0.5).text.startswith("preferred by the language model")
    student = why(replace(wish, by_student=True), moved_up=True, dense=0.2, rerank=0.5)
    assert student.text == "moved up by the language model's student for your wish"


def test_a_trained_leg_names_the_liked_item_that_led_to_the_video() -> None:
    led = replace(CONTEXT, leads_to=lambda leg, video: HISTORY[0] if leg == "tower" else None)
    words = "a model of what readers watch next puts it after “Dust on the Moon”, which you watched to the end"
    assert why(led, tower=1.0, svd=2.0) == Reason(words, "tower")  # svd has nothing to say


def test_click_rates_are_named_with_their_counts() -> None:
    shown = replace(CONTEXT, clicks=lambda video: (12, 1040))
    assert why(shown, clicks=1.0) == Reason("chosen 12 of the 1,040 times it was shown this week", "clicks")
    assert why(CONTEXT, clicks=1.0).stage is None
