from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shortlist.agent.batch import ItemBatch
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.methods import JSON_FALLBACK, make_reranker
from shortlist.agent.rerank.yesno_json import YesNoJson, read_confidence
from shortlist.core.config import RerankConfig
from shortlist.core.errors import ModelFailed, UnusableAnswer
from shortlist.core.notes import Note
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile, Video

Model = Callable[..., Any]
ITEMS = ItemBatch({one: Video(one, f"Title {one}") for one in "abcdef"})
RANKING = Ranking.of({one: -float(place) for place, one in enumerate("abcdef")}, "weighted")


@pytest.mark.parametrize(
    ("written", "grade"),
    [
        ('{"answer": "no", "confidence": 4}', -4.0),
        ('{"answer": "yes", "confidence": 2}', 2.0),
        ('{"answer": "yes", "confidence": 1e999}', 5.0),
        ('{"answer": "yes"}', None),
        ("I think yes", None),
        ("[]", None),
    ],
)
def test_grades_by_hand(written: str, grade: float | None) -> None:
    assert read_confidence(written) == grade


def unusable(n: int) -> Note:
    return Note("unusable-answers", f"the language model gave no usable answer for {n} candidates")


@pytest.mark.parametrize("method", ["yesno", "letters"])
def test_a_model_without_log_probabilities_is_asked_for_json(method: str, scripted_model: Model) -> None:
    answers = ('{"answer": "no", "confidence": 4}', '{"answer": "yes", "confidence": 2}', "I think yes")
    model = scripted_model(*answers, max_choices=0)
    reranked = make_reranker(method, RerankContext(model, ITEMS, RerankConfig(depth=3))).rerank(
        Profile("u"), "soup", RANKING
    )
    judged = reranked.sources[0]
    assert dict(zip(judged.ids, judged.scores.tolist(), strict=True)) == {"b": 2.0, "a": -4.0}
    assert reranked.notes == (JSON_FALLBACK, unusable(1))
    assert "Answer in JSON" in model.calls[0][1].content


USELESS = UnusableAnswer("unusable answer from x", expected="JSON", found="'Yes.'", remedy="use a larger model")
SURE_YES = '{"answer": "yes", "confidence": 5}'


def test_one_unusable_answer_costs_one_candidate_its_judgement(scripted_model: Model) -> None:
    model = scripted_model(SURE_YES, SURE_YES, USELESS, USELESS, SURE_YES, SURE_YES)
    reranked = YesNoJson(RerankContext(model, ITEMS, RerankConfig())).rerank(Profile("u"), "soup", RANKING)
    assert set(reranked.sources[0].ids) == set("abef")
    assert reranked.notes == (unusable(2),)


def test_three_unusable_answers_in_a_row_end_it(scripted_model: Model) -> None:
    model = scripted_model(USELESS)
    reranked = YesNoJson(RerankContext(model, ITEMS, RerankConfig())).rerank(Profile("u"), "soup", RANKING)
    assert len(model.calls) == 3
    assert reranked.ids == RANKING.ids
    assert [note.code for note in reranked.notes] == ["model-failed"]
    assert "unusable answer from x" in reranked.notes[0].detail


def test_a_model_that_turns_out_to_give_no_log_probabilities_is_asked_for_json(scripted_model: Model) -> None:
    failure = ModelFailed("no log-probabilities", expected="some", found="none", remedy="ask for JSON")

    class Promising(scripted_model):  # type: ignore[misc]
        def choice_logprobs(self, messages: Any, choices: Any) -> Any:
            self.max_choices = 0
            raise failure

    model = Promising('{"answer": "yes", "confidence": 2}')
    reranked = make_reranker("yesno", RerankContext(model, ITEMS, RerankConfig(depth=3))).rerank(
        Profile("u"), None, RANKING
    )
    assert len(reranked.sources[0]) == 3
    assert reranked.notes == (JSON_FALLBACK,)
