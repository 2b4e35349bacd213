"""Recommendations end to end over the small world of conftest.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.agent.recommend import Recommender
from shortlist.core.config import RerankConfig
from shortlist.core.errors import ModelFailed, ModelMissing, UnknownReader, UsageError
from shortlist.core.notes import Note
from shortlist.core.ranking import Answer, Filters, ModelUse, Request
from shortlist.store.caches.completions import CachedModel
from shortlist.store.sql.sqlite import SqliteDatabase

Make = Callable[..., Recommender]
YES, NO = (-0.1, -2.1), (-2.1, -0.1)
MISSING = ModelMissing("no weights", expected="a file", found="none", remedy="pull them")
FAILED = ModelFailed("no answer", expected="an answer", found="none", remedy="ask again")


def ids(answer: Answer) -> list[str]:
    return [item.video.id for item in answer.recommendations]


def unavailable() -> Any:
    raise MISSING


def test_a_reader_gets_what_is_near_to_what_they_liked_with_reasons_and_evidence(make_recommender: Make) -> None:
    answer = make_recommender().recommend(Request("astra", k=3))
    assert ids(answer) == ["comet", "rocket", "soup"]
    first = answer.recommendations[0]
    assert (first.rank, first.score) == (1, pytest.approx(0.96))
    assert first.reason == "like “Dust on the Moon”, which you watched to the end"
    assert first.reason_stage == "dense"
    assert first.stages["dense"].contribution == pytest.approx(0.96 - np.mean([0.96, 0.8, 0.28, 0.0]), abs=1e-6)
    assert first.evidence in first.video.transcript.segments
    assert set(first.stages) == {"dense", "fusion"}
    assert answer.recommendations[2].evidence is None
    assert answer.notes == ()
    assert list(answer.timings_ms) == ["profile", "query", "retrieve", "read", "rerank", "explain"]
    assert answer.llm == ModelUse()


def test_seen_videos_come_back_only_when_asked_for(make_recommender: Make) -> None:
    answer = make_recommender().recommend(Request("astra", k=3, filters=Filters(include_seen=True)))
    assert ids(answer)[0] == "moon"


def test_evidence_is_the_segment_that_matches_the_wish(make_recommender: Make) -> None:
    answer = make_recommender().recommend(Request("astra", k=1, wish="space: legs unfold", rerank="none"))
    rocket = next(
        item for item in make_recommender().recommend(Request("astra", wish="space: legs unfold", rerank="none"))
        .recommendations if item.video.id == "rocket"
    )  # fmt: skip
    assert ids(answer) == ["comet"]
    assert rocket.evidence is not None
    assert rocket.evidence.text == "Four legs unfold."


def test_a_rerank_moves_and_says_what_it_moved(make_recommender: Make, scripted_model: Callable[..., Any]) -> None:
    """Retrieval: comet, rocket, soup, bread. The model wants only soup, the third."""
    model = scripted_model(NO, NO, YES, NO)
    recommender = make_recommender(model=lambda: model, rerank=RerankConfig(weight_wish=0.5, max_lift=3))
    answer = recommender.recommend(Request("astra", k=4, wish="space", rerank="yesno"))
    assert ids(answer)[0] == "soup"
    assert answer.recommendations[0].stages["fusion"].rank == 3
    assert answer.recommendations[0].stages["rerank"].rank == 1
    assert answer.recommendations[0].stages["rerank"].score == pytest.approx(2.0)
    assert answer.recommendations[0].reason == "moved up by the language model: answers your wish"
    assert answer.llm == ModelUse("scripted", calls=4, prompt_tokens=400, output_tokens=4)


def test_auto_asks_no_model_where_its_weight_is_0(make_recommender: Make) -> None:
    rerank = RerankConfig(weight_plain=0, weight_thin=0, weight_wish=0)
    recommender = make_recommender(rerank=rerank)  # loading a model would fail the test
    assert ids(recommender.recommend(Request("astra", wish="space")))[0] == "comet"


def test_a_method_asked_for_by_name_runs_where_the_weight_is_0(
    make_recommender: Make, scripted_model: Callable[..., Any]
) -> None:
    model = scripted_model(NO, NO, NO, YES)
    make_recommender(model=lambda: model).recommend(Request("astra", rerank="yesno"))
    assert len(model.calls) == 4


def test_one_video_is_explained_by_its_place_among_all(make_recommender: Make) -> None:
    recommender = make_recommender()
    listed = recommender.recommend(Request("astra", k=4)).recommendations
    alone = recommender.explain(Request("astra", k=4), "rocket")
    assert alone is not None
    assert replace(alone, reason=listed[1].reason) == listed[1]
    assert (alone.reason, listed[1].reason) == (  # the list has named the Moon dust in its first place
        "like “Dust on the Moon”, which you watched to the end",
        "like “Probe reaches the Moon”, which you read",
    )
    assert recommender.explain(Request("astra", k=4), "nothing") is None


def test_no_model_to_be_had(make_recommender: Make) -> None:
    recommender = make_recommender(model=unavailable)
    answer = recommender.recommend(Request("astra", wish="space"))
    assert ids(answer)[:2] == ["comet", "rocket"]
    [note] = [note for note in answer.notes if note.code == "no-model"]
    assert "no weights" in note.detail
    with pytest.raises(ModelMissing):
        recommender.recommend(Request("astra", wish="space", rerank="yesno"))


def test_a_missing_model_is_looked_for_once_a_batch(make_recommender: Make) -> None:
    tried = []

    def load() -> Any:
        tried.append(1)
        raise MISSING

    make_recommender(model=load).recommend_many([Request("astra", wish="space"), Request("baker", wish="space")])
    assert len(tried) == 1


def test_a_model_that_fails_half_way_keeps_what_was_judged(
    make_recommender: Make, scripted_model: Callable[..., Any]
) -> None:
    model = scripted_model(NO, YES, FAILED)
    recommender = make_recommender(model=lambda: model, rerank=RerankConfig(weight_wish=0.5, max_lift=3))
    answer = recommender.recommend(Request("astra", k=4, wish="space", rerank="yesno"))
    assert ids(answer)[2:] == ["soup", "bread"]
    assert "partly-judged" in {note.code for note in answer.notes}
    assert "rerank" not in answer.recommendations[2].stages
    assert answer.llm.calls == 3


def test_a_note_says_what_the_answer_for_a_new_reader_is_based_on(make_recommender: Make) -> None:
    answer = make_recommender().recommend(Request("newcomer"))
    assert answer.notes == (
        Note("no-history", "newcomer has no history: popular and fresh"),
        Note("few-results", "only 5 of 10: no other video matches"),
    )
    assert {(item.reason, item.reason_stage) for item in answer.recommendations} == {
        ("we know little about you yet", None)
    }


def test_many_readers_get_what_each_would_get_alone(make_recommender: Make, scripted_model: Callable[..., Any]) -> None:
    requests = [
        Request("astra"), Request("baker", k=2), Request("newcomer"), Request("astra", wish="space"), Request("baker")
    ]  # fmt: skip
    recommender = make_recommender(model=lambda: scripted_model(NO, YES))
    together = recommender.recommend_many(requests)
    alone = [recommender.recommend(request) for request in requests]
    assert [answer.recommendations for answer in together] == [answer.recommendations for answer in alone]
    assert [answer.notes for answer in together] == [answer.notes for answer in alone]
    assert recommender.recommend_many([]) == []


def test_a_batch_reads_each_readers_prefix_once(make_recommender: Make, scripted_model: Callable[..., Any]) -> None:
    model = scripted_model(NO, YES)
    recommender = make_recommender(model=lambda: model)
    answers = recommender.recommend_many([Request(one, rerank="yesno") for one in ("astra", "baker", "astra", "baker")])
    prefixes = [call[1].content.split("<candidate>")[0] for call in model.calls]
    assert len(set(prefixes)) == 2
    assert sum(before != after for before, after in pairwise(prefixes)) == 1
    assert [answer.user_id for answer in answers] == ["astra", "baker", "astra", "baker"]


@pytest.mark.parametrize("method", ["yesno", "letters"])
def test_the_second_identical_request_makes_no_call(
    method: str, make_recommender: Make, scripted_model: Any, tmp_path: Path
) -> None:
    scripted = scripted_model(*((-number / 10, -1.0) for number in range(50)), max_choices=2)  # never the same twice
    model = CachedModel(scripted, SqliteDatabase(tmp_path / "answers.sqlite3", ""), "1")
    recommender = make_recommender(model=lambda: model)
    first, second = (recommender.recommend(Request("astra", wish="space", rerank=method)) for _ in range(2))
    assert first.llm.calls > 0
    assert (second.llm.calls, second.llm.cached_calls) == (0, first.llm.calls)
    assert second.recommendations == first.recommendations


def test_k_cuts_and_does_not_reorder(make_recommender: Make, scripted_model: Callable[..., Any]) -> None:
    recommender = make_recommender(model=lambda: scripted_model(NO, NO, YES, NO))
    few, many = (recommender.recommend(Request("astra", k=k, wish="space")) for k in (2, 4))
    assert few.recommendations == many.recommendations[:2]


def test_an_unknown_reader_stops_the_batch_before_any_work(make_recommender: Make, retriever: Any) -> None:
    with pytest.raises(UnknownReader, match="astra"):
        make_recommender().recommend_many([Request("astra"), Request("nobody")])
    assert retriever.queries == []


def test_an_unknown_method_is_refused(make_recommender: Make) -> None:
    with pytest.raises(UsageError, match="magic"):
        make_recommender().recommend(Request("astra", rerank="magic"))


def test_a_blank_wish_is_no_wish(make_recommender: Make) -> None:
    recommender = make_recommender()
    assert ids(recommender.recommend(Request("astra", wish="  "))) == ids(recommender.recommend(Request("astra")))


def test_a_video_removed_since_is_left_out(make_recommender: Make, records: Any) -> None:
    recommender = make_recommender()
    records.videos.remove(["comet"])
    assert ids(recommender.recommend(Request("astra", k=2))) == ["rocket", "soup"]


def test_the_prompts_shown_are_the_prompts_sent(make_recommender: Make, scripted_model: Callable[..., Any]) -> None:
    model = scripted_model(YES)
    recommender = make_recommender(model=lambda: model)
    request = Request("astra", wish="space", rerank="yesno")
    shown = recommender.prompts(request)
    assert model.calls == []
    recommender.recommend(request)
    assert shown == model.calls
    assert recommender.prompts(Request("astra", rerank="none")) == []


def test_a_search_needs_no_reader(make_recommender: Make) -> None:
    answer = make_recommender().search("space moon", 2)
    assert ids(answer) == ["moon", "comet"]
    assert answer.recommendations[0].reason == "close in meaning to “space moon”, and says “Moon” at 0:10"
    assert answer.notes == ()


def test_a_search_looks_for_the_topic_as_a_wish_does(make_recommender: Make) -> None:
    plain, asked = (make_recommender().search(text, 3) for text in ("space moon", "a video about space moon"))
    assert [(one.video.id, one.reason) for one in asked.recommendations] == [
        (one.video.id, one.reason) for one in plain.recommendations
    ]
