"""The same question is asked once, and the answer is the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shortlist.core.errors import HomeDamaged, ModelFailed
from shortlist.core.ranking import ModelUse
from shortlist.models.llm.language_model import ChoiceScores, Message
from shortlist.store.caches.completions import CachedModel
from shortlist.store.home import Home

pytestmark = pytest.mark.in_files
ASK = [Message("system", "Be brief."), Message("user", "Moon?")]


def test_an_answer_is_kept(home: Home, scripted_model: Any) -> None:
    model = scripted_model("Yes.", "No.")
    cached = CachedModel(model, home.answers, "1")
    first, again = cached.complete(ASK), cached.complete(ASK)
    assert (first.text, first.cached) == ("Yes.", False)
    assert (again.text, again.cached, again.prompt_tokens) == ("Yes.", True, first.prompt_tokens)
    assert cached.usage() == ModelUse("scripted", calls=1, prompt_tokens=100, cached_calls=1)


def test_a_model_that_may_not_be_asked_answers_from_the_cache_only(home: Home, scripted_model: Any) -> None:
    model = scripted_model("Yes.")
    CachedModel(model, home.answers, "1").complete(ASK)
    silent = CachedModel(model, home.answers, "1", ask=False)
    assert silent.complete(ASK).text == "Yes."
    with pytest.raises(ModelFailed, match="a cached answer"):
        silent.complete(ASK[1:])
    with pytest.raises(ModelFailed, match="a cached answer"):
        silent.choice_logprobs(ASK, ["yes", "no"])
    assert len(model.calls) == 1


def test_scores_are_kept_to_the_last_bit(home: Home, scripted_model: Any) -> None:
    scores = ChoiceScores(np.array([-0.1, -1 / 3, -np.inf]), (False, False, True), 70)
    cached = CachedModel(scripted_model(scores), home.answers, "1")
    cached.choice_logprobs(ASK, ["yes", "no", "maybe"])
    again = cached.choice_logprobs(ASK, ["yes", "no", "maybe"])
    assert again.cached
    assert again.logprobs.tolist() == scores.logprobs.tolist()
    assert (again.missing, again.prompt_tokens) == (scores.missing, 70)


def test_everything_an_answer_depends_on_is_part_of_the_question(home: Home, scripted_model: Any) -> None:
    model = scripted_model("Yes.")
    cached = CachedModel(model, home.answers, "1")
    cached.complete(ASK)
    cached.complete(ASK, schema={"type": "object"})
    cached.complete(ASK, max_tokens=7)
    cached.complete(ASK[1:])
    cached.complete([Message("user", ASK[0].content), ASK[1]])
    CachedModel(model, home.answers, "2").complete(ASK)
    model.name = "another"
    CachedModel(model, home.answers, "1").complete(ASK)
    assert len(model.calls) == 7
    assert cached.usage().cached_calls == 0


def test_choices_and_their_order_are_part_of_the_question(home: Home, scripted_model: Any) -> None:
    cached = CachedModel(scripted_model([-0.1, -2.0], [-3.0, -0.2]), home.answers, "1")
    assert cached.choice_logprobs(ASK, ["yes", "no"]).logprobs.tolist() == [-0.1, -2.0]
    assert cached.choice_logprobs(ASK, ["no", "yes"]).logprobs.tolist() == [-3.0, -0.2]


def test_a_failure_is_not_kept(home: Home, scripted_model: Any) -> None:
    failure = ModelFailed("late", expected="an answer", found="none", remedy="wait")
    cached = CachedModel(scripted_model(failure, "Yes."), home.answers, "1")
    with pytest.raises(ModelFailed):
        cached.complete(ASK)
    assert cached.complete(ASK).text == "Yes."


def test_answers_outlive_the_home_object(home: Home, scripted_model: Any) -> None:
    CachedModel(scripted_model("Yes."), home.answers, "1").complete(ASK)
    with Home.open(home.path) as again:
        assert CachedModel(scripted_model("No."), again.answers, "1").complete(ASK).text == "Yes."


def test_an_ingest_that_writes_does_not_hold_up_an_answer(home: Home, scripted_model: Any) -> None:
    with home.writing(), home._database.writing():
        assert CachedModel(scripted_model("Yes."), home.answers, "1").complete(ASK).text == "Yes."


def test_a_damaged_cache_may_be_deleted(home: Home, scripted_model: Any) -> None:
    (home.path / "answers.sqlite3").write_bytes(b"rubbish " * 1000)
    with pytest.raises(HomeDamaged, match=r"answers\.sqlite3.*shortlist doctor rebuild"):
        CachedModel(scripted_model("Yes."), home.answers, "1")
