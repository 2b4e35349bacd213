"""Wishes, judged lists, the fit, the gate, and versions of students."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.agent.students.student import STUDENT, load_student
from shortlist.core.config import Config, RerankConfig
from shortlist.core.errors import HomeDamaged, ModelFailed, ModelMissing
from shortlist.core.exposures import Exposure
from shortlist.core.ranking import Ranking, Request
from shortlist.core.types import Reader, Video
from shortlist.eval.student_gate import ENOUGH, decide, judge_student
from shortlist.learning.student import versions
from shortlist.learning.student.fit import FOLDS, fit
from shortlist.learning.student.lists import HEAD_DRAWN, OUTSIDE, JudgedList, ListMaker, is_held_out
from shortlist.learning.student.wishes import FIELDS, distinct, shown_wishes, write_wishes
from shortlist.models.llm.language_model import ChoiceScores, Completion, Message, Schema
from shortlist.retrieval.build import build_retriever
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.store.home import Home
from tests.eval.conftest import TopicEncoder

CONFIG = RerankConfig(depth=12)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Teacher:
    """Writes riddles as wishes, and judges each pair of wish and candidate in a fixed way."""

    name, max_choices = "teacher@1", 20

    def __init__(self, fails_after: int = 10**9) -> None:
        self.asked: list[str] = []
        self._fails_after = fails_after

    def complete(self, messages: Sequence[Message], schema: Schema | None = None, max_tokens: int = 256) -> Completion:
        wishes = {field: f"{digest(field + messages[-1].content)} riddle" for field in FIELDS}
        return Completion(json.dumps(wishes), 10, 10)

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        self.asked.append(messages[-1].content)
        if len(self.asked) > self._fails_after:
            raise ModelFailed("gone", expected="an answer", found="none", remedy="ask again")
        yes = -1 / (1 + int(digest(messages[-1].content), 16) % 100)
        return ChoiceScores(np.array([yes, np.log1p(-np.exp(yes))]), (False, False), 10)


@pytest.fixture
def make(open_copy: Callable[[], Home], config: Config) -> Any:
    home = open_copy()
    snapshot = load_snapshot(home)

    def maker(model: Any) -> ListMaker:
        retriever = build_retriever(snapshot, config.retrieval)
        return ListMaker(home.catalogue, snapshot, retriever, TopicEncoder(), model, CONFIG)

    yield maker
    home.close()


def some(lists: Any, number: int) -> list[JudgedList]:
    return [made for made, _ in zip(lists, range(number), strict=False)]


def test_wishes_that_copy_the_title_or_each_other_are_left_out() -> None:
    wishes = ["The dripping tap!", "how to stop a leaking faucet", "How to stop a leaking faucet?", "??", "plumbing"]
    assert distinct(wishes, ["The dripping tap"]) == ["how to stop a leaking faucet", "plumbing"]


def test_an_answer_that_is_cut_off_gives_no_wishes() -> None:
    class CutOff(Teacher):
        def complete(self, *_: Any, **__: Any) -> Completion:
            return Completion('{"question": "how do', 10, 10)

    assert write_wishes(Video("v", "A title"), CutOff()) == []


def test_real_wishes_come_first_and_lists_for_training_are_a_draw_from_the_head(make: Any, config: Config) -> None:
    found = some(make(Teacher()).lists(["where is gravity"], lambda: True), 40)
    assert found[0].wish == "where is gravity"
    assert {one.held_out for one in found} == {True, False}
    for one in found:
        inside = [item for item in one.teacher if item in one.head.ids]
        assert len(inside) == (len(one.head) if one.held_out else min(HEAD_DRAWN, len(one.head)))
        assert len(one.teacher) == len(inside) + OUTSIDE
        assert list(one.texts) == list(one.teacher)
        assert one.held_out == is_held_out(one.group)


def test_wishes_of_readers_are_read_from_the_log_each_once_the_newest_first(open_copy: Callable[[], Home]) -> None:
    def shown(number: int, wish: str | None) -> Exposure:
        at = datetime(2026, 3, number, tzinfo=UTC)
        return Exposure(f"request {number}", at, Request("ann", 2, wish), (), 1, 0, "none", "settings")

    wishes = ["the Moon", "bees", None, "the Moon", "night trains"]
    with open_copy() as home:
        home.catalogue.readers.put([Reader("ann")])
        home.catalogue.exposures.put([shown(number, wish) for number, wish in enumerate(wishes, start=1)])
        assert shown_wishes(home.catalogue.exposures) == ["night trains", "the Moon", "bees"]


def test_the_same_lists_are_made_again(make: Any) -> None:
    def texts() -> list[Any]:
        teacher = Teacher()
        some(make(teacher).lists([], lambda: True), 4)
        return teacher.asked

    assert texts() == texts()


def test_a_collection_ends_when_its_time_is_over(make: Any) -> None:
    answers = iter([True, True, False])
    assert len(list(make(Teacher()).lists([], lambda: next(answers)))) == 2


def test_a_model_that_fails_ends_the_collection_with_its_error(make: Any) -> None:
    with pytest.raises(ModelFailed, match="gone"):
        list(make(Teacher(fails_after=20)).lists([], lambda: True))


def judged(group: str, teacher: Sequence[float], held_out: bool = True) -> JudgedList:
    ids = [f"{group}{place}" for place in range(len(teacher))]
    head = Ranking.of({item: -float(place) for place, item in enumerate(ids)}, "hybrid")
    return JudgedList(
        f"about {group}", group, head, dict(zip(ids, teacher, strict=True)), dict.fromkeys(ids, "t"), held_out
    )


def test_the_fit_recovers_the_weights_that_made_the_judgements() -> None:
    draw = np.random.default_rng(0)
    values = [draw.normal(size=(12, 3)) for _ in range(40)]
    offsets = draw.normal(size=40)  # a list may be judged more kindly than another
    lists = [
        judged(f"g{n}", (block @ [2.0, 0.0, -1.0] + offset).tolist())
        for n, (block, offset) in enumerate(zip(values, offsets, strict=True))
    ]
    np.testing.assert_allclose(fit(lists, values, np.array([1.0, 0.0, 0.0])), [2.0, 0.0, -1.0], atol=0.05)


def test_few_judgements_change_the_start_little() -> None:
    draw = np.random.default_rng(3)
    values = [draw.normal(size=(4, 3)) for _ in range(FOLDS)]
    lists = [judged(f"g{n}", (3 * block[:, 0] + draw.normal(size=4)).tolist()) for n, block in enumerate(values)]
    fitted = fit(lists, values, np.array([1.0, 0.0, 0.0]))
    assert fitted[0] > 1.5
    assert np.abs(fitted[1:]).max() < 1.0


def test_lists_about_too_few_videos_change_nothing() -> None:
    lists = [judged(f"g{n}", [1.0, 0.0]) for n in range(FOLDS - 1)]
    assert fit(lists, [np.eye(2)] * len(lists), np.array([0.0, 2.0])).tolist() == [0.0, 2.0]
    assert fit([], [], np.array([0.0, 2.0])).tolist() == [0.0, 2.0]


def test_a_student_that_judges_as_its_teacher_is_promoted() -> None:
    draw = np.random.default_rng(1)
    lists = [judged(f"g{n}", draw.normal(size=12).tolist()) for n in range(20)]
    verdict = judge_student(lists, lambda one: one.teacher, {"student": 3.0}, CONFIG, seed=0)
    none, student, teacher = verdict.rows
    assert verdict.promoted, verdict.why
    assert none.ndcg < student.ndcg == teacher.ndcg
    assert student.tau == pytest.approx(1.0)
    assert (student.core_ms, teacher.core_ms) == (3.0, None)


def test_a_student_that_judges_at_random_is_not_promoted() -> None:
    draw = np.random.default_rng(2)
    lists = [judged(f"g{n}", sorted(draw.normal(size=12).tolist(), reverse=True)) for n in range(20)]
    verdict = judge_student(lists, lambda one: dict.fromkeys(one.teacher, draw.normal()), {}, CONFIG, seed=0)
    assert not verdict.promoted
    assert verdict.why == "not significantly better than no rerank"


def test_without_held_out_lists_nothing_is_promoted() -> None:
    verdict = judge_student([], lambda one: one.teacher, {}, CONFIG, seed=0)
    assert (verdict.rows, verdict.promoted) == ((), False)
    assert "0 of 10" in verdict.why


def test_few_held_out_videos_decide_nothing() -> None:
    better = (0.1, 0.05, 0.15, 0.001)
    assert decide(ENOUGH, better, better)[0]
    assert not decide(ENOUGH - 1, better, better)[0]


def write(home: Path, name: str) -> None:
    students = versions.registry(home)
    folder = students.new_folder(name)
    (folder / STUDENT).write_text('{"weights": {}}')
    students.add(name, folder, {"at": name})


def test_the_setting_names_a_version_or_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "student-a")
    config = Config(home=tmp_path)

    def folder(student: str | None) -> Path | None:
        return versions.folder_of(config.model_copy(update={"rerank": RerankConfig(student=student)}))

    assert folder(None) is None
    assert folder("none") is None
    assert folder("student-a") == versions.registry(tmp_path).folder_of("student-a")
    assert folder(str(tmp_path / "mine")) == tmp_path / "mine"


def test_auto_is_the_student_if_there_is_one(tmp_path: Path) -> None:
    write(tmp_path, "student-a")

    def method(**settings: Any) -> str:
        return versions.rerank_config(Config(home=tmp_path, rerank=RerankConfig(**settings))).method

    assert method() == "auto"
    assert method(student="student-a") == "student"
    assert method(student="student-a", method="yesno") == "yesno"


def test_a_student_that_was_changed_is_not_used(tmp_path: Path) -> None:
    write(tmp_path, "student-a")
    (versions.registry(tmp_path).folder_of("student-a") / STUDENT).write_text('{"weights": {"mine": 1}}')
    with pytest.raises(HomeDamaged, match="student-a is damaged"):
        versions.folder_of(Config(home=tmp_path, rerank=RerankConfig(student="student-a")))


def test_a_student_that_does_not_load_is_not_promoted(tmp_path: Path) -> None:
    write(tmp_path, "student-a")
    with pytest.raises(ModelMissing, match="shortlist train student"):
        load_student(versions.registry(tmp_path).folder_of("student-a"), 1)
    with pytest.raises(ModelMissing):
        versions.promote(tmp_path, "student-a", "by hand")
