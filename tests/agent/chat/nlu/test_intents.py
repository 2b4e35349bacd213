"""Messages in words that no phrase of the grammar has, read by the intent classifier and the topic tagger."""

from __future__ import annotations

import numpy as np
import pytest

from shortlist.agent.chat.action import Action
from shortlist.agent.chat.nlu.intents.actions import ACTIONS
from shortlist.agent.chat.nlu.intents.classifier import load_models
from shortlist.agent.chat.nlu.parse import parse
from tools.chat.labelled import CONTEXTS, SAMPLE_NAMES, TODAY

THREAD = {"user": "user_123", "about": "space"}


def read(message: str, context: str = "topic") -> Action | None:
    return parse(message, CONTEXTS[context], SAMPLE_NAMES, TODAY)


def test_every_intent_that_the_weights_have_is_an_action() -> None:
    assert set(load_models()[0].intents) == set(ACTIONS)


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("throw 4 out please", Action("recommend", {**THREAD, "not_videos": [4]})),
        ("let's have a fresh start", Action("recommend", {"user": "user_123"})),
        ("dig out something about owls", Action("recommend", {"user": "user_123", "about": "owls"})),
    ],
)  # fmt: skip
def test_free_wording_is_read(message: str, action: Action) -> None:
    assert read(message) == action


@pytest.mark.parametrize(
    ("message", "first"), [("number 2 had me giggling", "choose_like"), ("3 was a bit of a letdown", "choose_dislike")]
)
def test_a_judgement_without_a_verb_of_feeling_is_asked_about(message: str, first: str) -> None:
    action = read(message)
    assert action is not None
    assert action.name == "ask"
    assert action.arguments["choices"][0]["say"] == first


@pytest.mark.parametrize("message", ["user_42 took up pottery and needs inspiration", "user_42 is keen on pottery"])
def test_the_topic_is_found_between_other_words(message: str) -> None:
    assert read(message, "new") == Action("recommend", {"user": "user_42", "about": "pottery"})


@pytest.mark.parametrize("message", ["that good old music", "I love lighthouses", "volcanoes are awful"])
def test_praise_that_points_at_no_video_stores_nothing(message: str) -> None:
    action = read(message)
    assert action is None or action.name != "feedback"


def test_the_vector_is_asked_for_only_where_phrases_and_words_leave_doubt() -> None:
    asked: list[str] = []

    def encode(text: str) -> np.ndarray:
        asked.append(text)
        return np.zeros(384, dtype=np.float32)

    for message in ("recommend for user_123", "number 2 was great", "undo", "shorter ones"):
        parse(message, CONTEXTS["liked"], SAMPLE_NAMES, TODAY, encode)
    assert asked == []
    parse("smorgasbord of quux 3", CONTEXTS["liked"], SAMPLE_NAMES, TODAY, encode)
    assert len(asked) == 1
