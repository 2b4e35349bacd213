"""The budget of a rerank that two contenders share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shortlist.agent.experiment.mixed import Contender, MixedRecommender
from shortlist.agent.recommend import Draft, Progress, Recommender, ignore
from shortlist.core.ranking import Answer, Request

DAY_MS = 86_400_000.0  # so long that the duration of the test is negligible


class Recording(Recommender):
    """Keeps the budgets that it is given, and asks no model."""

    budgets: list[float | None]

    def finish(self, draft: Draft, show: Callable[[Progress], None] = ignore) -> Answer:
        self.budgets.append(draft.ranked.request.budget_ms)
        return draft.answer

    def recommend(self, request: Request) -> Answer:
        self.budgets.append(request.budget_ms)
        return self.draft(request).answer


@pytest.fixture
def mixed(make_recommender: Callable[..., Recommender]) -> tuple[MixedRecommender, list[float | None]]:
    budgets: list[float | None] = []

    def contender() -> Contender:
        made = Recording.__new__(Recording)
        vars(made).update(vars(make_recommender()), budgets=budgets)
        return Contender(made)

    return MixedRecommender([contender(), contender()], lambda _request, _revision: "seed", experiment="x"), budgets


@pytest.mark.parametrize("at_once", [True, False])
def test_what_the_first_contender_does_not_spend_is_left_to_the_second(mixed: Any, at_once: bool) -> None:
    recommender, budgets = mixed
    request = Request("astra", 3, "space", "yesno", DAY_MS)
    if at_once:
        recommender.recommend(request)
    else:
        recommender.finish(recommender.draft(request))
    assert budgets == [pytest.approx(DAY_MS / 2, rel=0.01), pytest.approx(DAY_MS, rel=0.01)]


def test_without_a_budget_nothing_is_divided(mixed: Any) -> None:
    recommender, budgets = mixed
    recommender.finish(recommender.draft(Request("astra", 3, "space", "yesno")))
    assert budgets == [None, None]
