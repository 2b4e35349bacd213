"""Whatever the model answers, a reranker returns a permutation of what came in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from shortlist.agent.batch import ItemBatch
from shortlist.agent.rerank.budget import Budget
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.methods import BY_LOG_PROBABILITIES, Reranker, make_reranker
from shortlist.core.config import RerankConfig
from shortlist.core.errors import ModelFailed
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile, Video
from shortlist.models.llm.language_model import ChoiceScores

pytestmark = pytest.mark.integration

IDS = [f"v{number:02}" for number in range(12)]
# v05 stands in the ranking but has been removed since.
ITEMS = ItemBatch({item: Video(item, f"About {item}") for item in IDS if item != "v05"})
FAILURE = ModelFailed("no answer", expected="an answer", found="none", remedy="ask again")


def scores(*logprobs: float, missing: Sequence[bool] = (False, False)) -> ChoiceScores:
    return ChoiceScores(np.array(logprobs), tuple(missing), 10)


ANSWERS: dict[str, list[Any]] = {
    "sensible": [(-0.1, -2.0), (-2.0, -0.1), (-0.5, -0.6)],
    "always the same": [(-0.5, -0.5)],
    "NaN": [scores(math.nan, math.nan), (-0.1, -2.0), scores(-0.1, math.nan)],
    "infinite": [scores(-math.inf, -0.1), scores(-math.inf, -math.inf), scores(0.0, -math.inf)],
    "missing choices": [scores(-3.0, -3.0, missing=(True, True)), scores(-0.1, -3.0, missing=(False, True))],
    "too few": [scores(-0.1), scores()],
    "fails at once": [FAILURE],
    "fails half-way": [(-0.1, -2.0), (-2.0, -0.1), FAILURE],
}
TEXTS: dict[str, list[Any]] = {
    "sensible": ['{"answer": "yes", "confidence": 3}', '{"answer": "no", "confidence": 5}'],
    "no JSON": ["yes", "", "{", "\ud800"],
    "other JSON": ["[]", "null", '{"answer": ["yes"]}', '{"answer": "yes"}', '{"answer": "maybe", "confidence": 1}'],
    "odd confidence": [
        '{"answer": "yes", "confidence": NaN}', '{"answer": "yes", "confidence": "high"}',
        '{"answer": "yes", "confidence": 1' + "0" * 400 + "}", '{"answer": "no", "confidence": -7}',
    ],
    "fails half-way": ['{"answer": "yes", "confidence": 3}', FAILURE],
    "an order": ["[3] > [1] > [2]"],
    "a wild order": ["99, 0, -1 and 3, 3, 3, then " + "9" * 5000],
}  # fmt: skip


class RerankerContract:
    """Subclasses name a method of the table."""

    method: str

    def reranker(self, model: Any, budget_ms: float | None = None, depth: int = 8) -> Reranker:
        return make_reranker(self.method, RerankContext(model, ITEMS, RerankConfig(depth=depth), Budget(budget_ms)))

    @pytest.fixture
    def ranking(self) -> Ranking:
        return Ranking.of({item: -float(place // 2) for place, item in enumerate(IDS)}, "weighted")

    def check(self, reranked: Ranking, ranking: Ranking) -> None:
        assert sorted(reranked.ids) == sorted(ranking.ids)
        judged, came_in = reranked.sources
        assert came_in is ranking
        assert set(judged.ids) <= set(ranking.ids[:8])
        assert reranked.ids[: len(judged)] == judged.ids
        assert list(reranked.ids[len(judged) :]) == [item for item in ranking.ids if item not in judged.ids]

    @pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS.keys())
    def test_any_log_probabilities_give_a_permutation(
        self, answers: list[Any], ranking: Ranking, scripted_model: Callable[..., Any]
    ) -> None:
        if self.method not in BY_LOG_PROBABILITIES:
            pytest.skip("this method reads text")
        self.check(self.reranker(scripted_model(*answers)).rerank(Profile("u"), "a wish", ranking), ranking)

    @pytest.mark.parametrize("answers", TEXTS.values(), ids=TEXTS.keys())
    def test_any_text_gives_a_permutation(
        self, answers: list[Any], ranking: Ranking, scripted_model: Callable[..., Any]
    ) -> None:
        model = scripted_model(*answers, max_choices=0)
        self.check(self.reranker(model).rerank(Profile("u"), None, ranking), ranking)

    def test_nothing_in_nothing_out(self, scripted_model: Callable[..., Any]) -> None:
        model = scripted_model(FAILURE)
        assert len(self.reranker(model).rerank(Profile("u"), None, Ranking.of({}, "weighted"))) == 0
        assert model.calls == []

    def test_without_time_no_call_is_made(self, ranking: Ranking, scripted_model: Callable[..., Any]) -> None:
        model = scripted_model((-0.1, -2.0))
        reranked = self.reranker(model, budget_ms=0).rerank(Profile("u"), None, ranking)
        assert (reranked.ids, model.calls) == (ranking.ids, [])

    def test_a_real_model_judges_the_head(self, ranking: Ranking, tiny_llm: Any) -> None:
        reranked = self.reranker(tiny_llm, depth=6).rerank(Profile("u"), "cats", ranking)
        self.check(reranked, ranking)
        assert len(reranked.sources[0]) == 5  # the head of 6 but for the one removed
        assert len(set(reranked.sources[0].scores)) > 1

    def test_a_failure_is_noted(self, ranking: Ranking, scripted_model: Callable[..., Any]) -> None:
        notes = self.reranker(scripted_model(FAILURE)).rerank(Profile("u"), None, ranking).notes
        assert [note.code for note in notes] == ["model-failed"]
        assert "no answer" in notes[0].detail


class TestYesNo(RerankerContract):
    method = "yesno"


class TestLetters(RerankerContract):
    method = "letters"

    @pytest.mark.slow
    def test_a_real_model_judges_the_head(self, ranking: Ranking, tiny_llm: Any) -> None:
        class Narrow:  # two windows of three, and a bias that is quickly measured
            name, max_choices = tiny_llm.name, 3
            choice_logprobs = tiny_llm.choice_logprobs

        super().test_a_real_model_judges_the_head(ranking, Narrow())


class TestList(RerankerContract):
    method = "list"
