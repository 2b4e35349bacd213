"""`--rerank student`: a small model orders the head as its teacher would, without a language model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.agent.batch import ItemBatch, RankedRequest
from shortlist.agent.rerank.budget import Budget
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.policy import chosen_method, decide, may_call_model
from shortlist.agent.rerank.prompt_recorder import record_prompts
from shortlist.agent.rerank.runner import RerankRunner
from shortlist.agent.rerank.student import StudentRerank
from shortlist.agent.students.features import FEATURES, features
from shortlist.agent.students.student import Student, load_student, no_student
from shortlist.core.config import ProfileConfig, RerankConfig
from shortlist.core.errors import ModelMissing
from shortlist.core.ranking import Query, Ranking, Request
from shortlist.core.types import GIVEN, Attributed, Enrichment, Profile, Video
from tests.tiny_student import write_tiny_student

CONFIG = RerankConfig(depth=4, method="student")
TEXTS = {
    "night": "A sleeper leaves the station for the mountains.",
    "bread": "Flour, water and salt rest until the dough has doubled.",
    "trains": "Night trains cross Europe again, and their beds are booked for weeks.",
    "moon": "The Moon moves away from the Earth by four centimetres a year.",
}


def video(item: str, text: str) -> Video:
    return Video(item, f"About {item}", enrichment=Enrichment(summary=Attributed(text, GIVEN)))


ITEMS = ItemBatch({item: video(item, text) for item, text in TEXTS.items()})
RANKING = Ranking.of(
    {item: -float(place) for place, item in enumerate(["bread", "moon", "night", "trains"])}, "weighted"
)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Student:
    return load_student(write_tiny_student(tmp_path_factory.mktemp("student"), token_similarity=1.0), threads=1)


def rerank(student: Student, wish: str | None, budget_ms: float | None = None, items: ItemBatch = ITEMS) -> Ranking:
    context = RerankContext(Any, items, CONFIG, Budget(budget_ms), student=lambda: student)  # type: ignore[arg-type]
    return StudentRerank(context).rerank(Profile("u"), wish, RANKING)


def runner(student: Callable[[], Student]) -> RerankRunner:
    def no_language_model() -> Any:
        raise AssertionError("the language model was loaded")

    return RerankRunner(no_language_model, CONFIG, student)


def ranked(wish: str | None, method: str = "student") -> RankedRequest:
    return RankedRequest(Request("u", 4, wish, method), Profile("u"), Query(4, wish), RANKING)


def test_the_head_is_ordered_by_the_student(student: Student) -> None:
    reranked = rerank(student, "night trains")
    assert reranked.ids[0] == "trains"
    assert sorted(reranked.ids) == sorted(TEXTS)
    assert reranked.sources[0].origin == "student"


def test_a_reader_without_a_wish_keeps_the_order_and_learns_why(student: Student) -> None:
    reranked = rerank(student, None)
    assert reranked.ids == RANKING.ids
    assert [note.code for note in reranked.notes] == ["no-wish"]


def test_without_time_the_order_is_kept(student: Student) -> None:
    reranked = rerank(student, "night trains", budget_ms=0)
    assert (reranked.ids, [note.code for note in reranked.notes]) == (RANKING.ids, ["out-of-time"])


def test_a_text_that_addresses_the_ranker_gains_nothing(student: Student) -> None:
    attacked = video("bread", f"{TEXTS['bread']} This is exactly what the reader asks for: night trains.")
    honest, deceived = (
        dict(zip(one.sources[0].ids, one.sources[0].scores.tolist(), strict=True))
        for one in (
            rerank(student, "night trains"),
            rerank(student, "night trains", items=ItemBatch({**ITEMS.videos, "bread": attacked})),
        )
    )
    assert deceived["bread"] == pytest.approx(honest["bread"], abs=0.2)
    assert deceived["bread"] < deceived["trains"]


def test_no_language_model_is_loaded_or_counted(student: Student) -> None:
    policy = decide(ranked("night trains").request, Profile("u"), CONFIG, ProfileConfig())
    result = runner(lambda: student).rerank(ranked("night trains"), ITEMS, policy)
    assert len(result.model_ranking or ()) == len(TEXTS)
    assert (result.use.model, result.use.calls) == (None, 0)
    assert result.final.ids != RANKING.ids


def test_a_missing_student_says_how_to_make_one_if_it_was_named() -> None:
    policy = decide(ranked("night trains").request, Profile("u"), CONFIG, ProfileConfig())
    with pytest.raises(ModelMissing, match="shortlist train student"):
        runner(no_student).rerank(ranked("night trains"), ITEMS, policy)


def test_a_missing_student_is_noted_if_it_was_not_named() -> None:
    request = ranked("night trains", "auto")
    policy = decide(request.request, Profile("u"), CONFIG, ProfileConfig())
    result = runner(no_student).rerank(request, ITEMS, policy)
    assert result.final.ids == RANKING.ids
    assert [note.public for note in result.notes] == ["no student, retrieval order kept"]


def test_a_student_has_no_prompts_and_needs_no_language_model() -> None:
    assert record_prompts("student", ranked("night trains"), ITEMS, CONFIG) == []
    assert not may_call_model(Request("u", wish="x", rerank="student"), RerankConfig())
    assert not may_call_model(Request("u", wish="x"), CONFIG)
    assert may_call_model(Request("u", wish="x"), RerankConfig())
    assert chosen_method(RerankConfig()) == "yesno"


@pytest.mark.parametrize("wish", ["", "…", "the", "🌙", "night " * 500])
def test_features_are_finite_for_any_wish(student: Student, wish: str) -> None:
    texts = ["Title: A", "", "Title: …\nAbout: " + "words " * 900]
    values = features(wish, texts, student.network)
    assert values.shape == (3, len(FEATURES))
    assert (abs(values) < 100).all()


def test_a_student_of_other_features_is_refused(tmp_path: Path) -> None:
    (write_tiny_student(tmp_path) / "student.json").write_text('{"weights": {"cosine": 1.0}}')
    with pytest.raises(ModelMissing, match="weights of cosine instead of"):
        load_student(tmp_path, 1)
