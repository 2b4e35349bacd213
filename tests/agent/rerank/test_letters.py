"""One letter a window; that it always permutes is in the contract suite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from shortlist.agent.batch import ItemBatch
from shortlist.agent.rerank.context import RerankContext
from shortlist.agent.rerank.letters import SHUFFLES, Letters, deal, neutral_windows
from shortlist.core.config import RerankConfig
from shortlist.core.ranking import Ranking
from shortlist.core.types import Profile, Video
from shortlist.models.llm.language_model import ChoiceScores, Message
from shortlist.store.caches.completions import CachedModel
from shortlist.store.sql.sqlite import SqliteDatabase

Model = Callable[..., Any]
ITEMS = ItemBatch({one: Video(one, f"Title {one}") for one in "abcdefg"})


def ranking(ids: str) -> Ranking:
    return Ranking.of({one: -float(place) for place, one in enumerate(ids)}, "weighted")


class LikesLetters:
    """Finds the candidate called "Title c" best, and adds a liking of its own for each letter."""

    name = "likes letters"

    def __init__(self, liking: Sequence[float], max_choices: int = 4) -> None:
        self.liking, self.max_choices = np.array(liking), max_choices
        self.calls: list[tuple[Message, ...]] = []

    def choice_logprobs(self, messages: Sequence[Message], choices: Sequence[str]) -> ChoiceScores:
        self.calls.append(tuple(messages))
        lines = [line for line in messages[1].content.splitlines() if line[1:2] == ")"]
        wanted = np.array([3.0 if "Title c" in line else 0.0 for line in lines])
        return ChoiceScores(wanted + self.liking[: len(choices)] - 20, (False,) * len(choices), 100)


@pytest.mark.parametrize(
    ("items", "size", "windows"),
    [("abcd", 4, ["abcd"]), ("abcde", 4, ["ace", "bd"]), ("abcdefg", 3, ["adg", "be", "cf"]), ("", 4, [])],
)
def test_windows_are_dealt_like_cards(items: str, size: int, windows: list[str]) -> None:
    assert ["".join(window) for window in deal(items, size)] == windows


def test_a_liking_for_a_letter_is_subtracted() -> None:
    """D is liked by 5 whatever stands there: raw, the fourth candidate wins; calibrated, the third, by its own 3."""
    model = LikesLetters([0, 0, 0, 5])
    context = RerankContext(model, ITEMS, RerankConfig())  # type: ignore[arg-type]
    raw = Letters(context, calibrated=False).rerank(Profile("u"), None, ranking("abcd"))
    assert raw.ids == ("d", "c", "a", "b")
    calibrated = Letters(context).rerank(Profile("u"), None, ranking("abcd"))
    assert calibrated.ids == ("c", "a", "b", "d")
    assert calibrated.scores == pytest.approx([2.25, -0.75, -0.75, -0.75])


def test_windows_are_merged_each_centred_on_0() -> None:
    """Dealt a, c, e and b, d: c stands 2 above the mean of its window, the others below theirs or at it."""
    model = LikesLetters([0, 0, 0, 0], max_choices=3)
    merged = Letters(RerankContext(model, ITEMS, RerankConfig())).rerank(Profile("u"), None, ranking("abcde"))  # type: ignore[arg-type]
    assert dict(zip(merged.ids, merged.scores.tolist(), strict=True)) == pytest.approx(
        {"c": 2.0, "b": 0.0, "d": 0.0, "a": -1.0, "e": -1.0}
    )


def test_the_bias_is_measured_once(tmp_path: Any) -> None:
    model = LikesLetters([0, 1, 2, 3])
    cached = CachedModel(model, SqliteDatabase(tmp_path / "answers.sqlite3", ""), "1")  # type: ignore[arg-type]
    for reader in "xy":
        context = RerankContext(cached, ITEMS, RerankConfig())
        Letters(context).rerank(Profile(reader), f"wish of {reader}", ranking("abcd"))
    assert len(model.calls) == SHUFFLES + 2


def test_neutral_windows_are_shuffled_alike_every_time() -> None:
    first, again = neutral_windows(10), neutral_windows(10)
    assert first == again
    assert len({messages[1].content for messages in first}) == SHUFFLES
    assert all("A) Title: " in messages[1].content and "J) Title: " in messages[1].content for messages in first)


def test_the_prompt_is_the_reader_then_the_letters(scripted_model: Model) -> None:
    model = scripted_model((-1.0, -2.0))
    Letters(RerankContext(model, ITEMS, RerankConfig()), calibrated=False).rerank(Profile("u"), "soup", ranking("ab"))
    assert model.calls[0][1].content == (
        "The reader asks for: soup\n\nA) Title: Title a\nB) Title: Title b\n\n"
        "Which candidate fits the reader best? Answer with its letter."
    )
