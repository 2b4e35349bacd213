"""A rerank that is watched: it ends by its budget, by Ctrl-C or by itself, and what was judged counts."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from shortlist.agent.recommend import Progress, Recommender
from shortlist.app.cli.terminal.live_list import follow, progress_line
from shortlist.core.config import Config, EncoderConfig
from shortlist.core.ranking import Request
from shortlist.engine.build import open_home, open_recommender
from shortlist.models.llm.language_model import ChoiceScores, Message

Open = Callable[[Any], Recommender]


class Stuck:
    """A model that judges three candidates and then never answers."""

    name, max_choices = "stuck", 20

    def __init__(self, scripted: Any, at_the_fourth: Callable[[], None] = lambda: None) -> None:
        self.scripted = scripted
        self.at_the_fourth = at_the_fourth

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        if len(self.scripted.calls) == 3:
            self.at_the_fourth()
            threading.Event().wait()
        answer: ChoiceScores = self.scripted.choice_logprobs(messages, choices)
        return answer


@pytest.fixture(scope="module")
def home(small_home: Path) -> Any:
    config = Config(home=small_home, encoder=EncoderConfig(name="hash-32"))
    with open_home(config) as store:
        yield store, config


@pytest.fixture
def open_(home: Any, hash_encoder: Any) -> Open:
    store, config = home
    return lambda model: open_recommender(store, config, encoder=lambda: hash_encoder, model=lambda: model)


REQUEST = Request("ann", 5, "the moon", "yesno")
ANSWERS = [(-2.0, -0.1), (-1.0, -0.5), (-0.1, -2.0), (-1.5, -0.3)]


def ids(answer: Any) -> list[str]:
    return [item.video.id for item in answer.recommendations]


def test_one_that_ends_is_the_plain_answer(home: Any, open_: Open, scripted_model: Any) -> None:
    answer, interrupted = follow(open_(scripted_model(*ANSWERS)), REQUEST, home[0])
    assert not interrupted
    assert ids(answer) == ids(open_(scripted_model(*ANSWERS)).recommend(REQUEST))
    assert answer.llm.calls > 4


def test_after_the_budget_what_was_judged_counts(home: Any, open_: Open, scripted_model: Any) -> None:
    request = Request("ann", 5, "the moon", "yesno", budget_ms=0.1)
    recommender = open_(Stuck(scripted_model(*ANSWERS)))
    answer, interrupted = follow(recommender, request, home[0])
    assert not interrupted
    assert {note.code for note in answer.notes} & {"out-of-time", "partly-judged"}
    assert ids(answer)


@pytest.fixture
def _ctrl_c() -> Iterator[None]:
    """Python's own reaction to Ctrl-C, which a process in the background of a shell lacks."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_keeps_the_list_by_what_was_judged(home: Any, open_: Open, scripted_model: Any) -> None:
    main = threading.main_thread().ident
    assert main is not None
    # The thread that waits, like Ctrl-C: a signal that another thread receives does not wake it.
    model = Stuck(scripted_model(*ANSWERS), lambda: signal.pthread_kill(main, signal.SIGINT))
    answer, interrupted = follow(open_(model), REQUEST, home[0])
    assert interrupted
    assert [note.code for note in answer.notes if note.code == "partly-judged"]
    assert "3 of 20 judged" in answer.notes[-1].public
    assert answer.llm.calls == 3


def test_each_judgement_is_a_step(open_: Open, scripted_model: Any) -> None:
    recommender = open_(scripted_model(*ANSWERS))
    steps: list[Progress] = []
    draft = recommender.draft(REQUEST)
    final = recommender.finish(draft, steps.append)
    assert draft.reranks
    assert [step.judged for step in steps] == list(range(1, len(steps) + 1))
    assert ids(steps[-1].answer()) == ids(final)
    assert ids(draft.answer) == ids(recommender.recommend(Request("ann", 5, "the moon", "none")))


def test_a_request_without_a_model_is_final_at_once(home: Any, open_: Open, scripted_model: Any) -> None:
    model = scripted_model((-0.1, -2.0))
    answer, _ = follow(open_(model), Request("ann", 5), home[0])
    assert len(ids(answer)) == 5
    assert model.calls == []


def test_the_line_of_progress() -> None:
    assert progress_line(5, 20) == f"{'━' * 5}{'╌' * 15} the language model has judged 5 of 20"
