"""Retraining through the gate: the same plan on newer data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shortlist.app.training import train_and_judge
from shortlist.core.config import Config
from shortlist.core.progress import no_bars
from shortlist.learning.plan import Plan
from shortlist.models.encoders.loader import register_encoder
from shortlist.retrieval.trained.versions import promote, promoted, registry
from shortlist.store.home import Home
from tests.eval.conftest import TopicEncoder
from tests.learning.conftest import habits, watch

SVD = Plan.of("svd")


@pytest.mark.slow
def test_a_refresh_is_judged_by_what_is_new_to_the_version_in_use(
    open_copy: Callable[[], Home], config: Config, tmp_path: Path
) -> None:
    config = config.model_copy(update={"eval": config.eval.model_copy(update={"cache": tmp_path / "cache"})})
    register_encoder("topics", lambda *_: TopicEncoder())
    with open_copy() as home:
        first = train_and_judge(home, config, SVD, no_bars, gate=False)
        promote(home.path, first["version"], "by hand")
        later = [watch(f"new-{event.user_id}", event.item_id, 40 + number % 9) for number, event in
                 enumerate(habits(200, seed=7))]  # fmt: skip
        home.catalogue.events.add(later)
        second = train_and_judge(home, config, SVD, no_bars, gate=True)
        assert {one["horizon"] for one in second["gate"]["judged"]} == {"half"}
        assert second["gate"]["why"].startswith("newer data")
        assert second["gate"]["promoted"] == (promoted(home.path) == second["version"])
        assert len(registry(home.path).versions()) == 2
