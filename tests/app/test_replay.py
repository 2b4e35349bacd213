"""Recorded answers are repeated, or the command says what has changed since."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.app.replay import Replay, replay
from shortlist.core.config import Config, ExposuresConfig, RetrievalConfig
from shortlist.core.errors import UnknownItem
from shortlist.core.json_documents import answer_document
from shortlist.core.ranking import Request
from shortlist.core.types import Event, Objective
from shortlist.engine.build import open_exposure_log, open_live_recommender, open_recommender
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.home import Home

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def home(sample_home: Path, encoder: Encoder, tmp_path: Path) -> Iterator[Home]:
    with Home.open(shutil.copytree(sample_home, tmp_path / "home"), encoder.name) as home:
        yield home


@pytest.fixture
def config(home: Home) -> Config:
    return Config(home=home.path)


@pytest.fixture
def recorded(home: Home, config: Config) -> str:
    """The id of a recorded answer for user_123."""
    request = Request("user_123", k=5, rerank="none")
    document = answer_document(open_recommender(home, config).recommend(request))
    with open_exposure_log(home, config) as log:
        request_id = log.record(request, document)
    assert request_id is not None
    return request_id


def then(found: Replay) -> list[str]:
    return [item.item_id for item in found.exposure.items]


def test_the_same_state_gives_the_same_list(home: Home, config: Config, recorded: str) -> None:
    found = replay(home, config, recorded)
    assert (found.same, found.changed) == (True, ())
    assert len(found.document["then"]) == 5
    assert found.document["then"] == found.document["now"]


def test_newer_events_of_the_reader_stay_out_of_the_history(home: Home, config: Config, recorded: str) -> None:
    first = then(replay(home, config, recorded))[0]
    home.catalogue.events.add([Event("user_123", first, "video", "dislike", NOW)])
    found = replay(home, config, recorded)
    assert found.now[0].item_id == first
    assert found.changed == ("events added, which popularity and co-watch counts include: 1",)


def test_another_configuration_and_objective_are_named(home: Home, config: Config, recorded: str) -> None:
    home.catalogue.objectives.put("user_123", Objective((("Sci/Tech", -1.0),)))
    other = config.model_copy(update={"retrieval": RetrievalConfig(dense_top=1)})
    found = replay(home, other, recorded)
    assert not found.same
    assert found.changed[0] == "another configuration"
    assert found.changed[1].startswith("the reader's objective, at ")


@pytest.mark.parametrize("design", [None, "interleave", "split"])
def test_lists_of_experiments_and_explored_places_are_drawn_again(home: Home, config: Config, design: Any) -> None:
    live = config.model_copy(update={"exposures": ExposuresConfig(explore=0.5)})
    if design:
        home.catalogue.experiments.start("fresh", {"name": "default"}, {"name": "popular", "alone": "popular"}, design)
    request = Request("user_123", k=6, rerank="none")
    answer = open_live_recommender(home, live).recommend(request)
    with open_exposure_log(home, live) as log:
        request_id = log.record(request, answer_document(answer))
    home.catalogue.events.add([Event("user_123", answer.recommendations[0].video.id, "video", "dislike", NOW)])
    if design:
        home.catalogue.experiments.end("fresh", "stopped")
    drawn_anew = open_live_recommender(home, live).recommend(request)
    found = replay(home, live, request_id or "")
    assert found.same
    assert found.now == found.exposure.items
    assert [item.video.id for item in drawn_anew.recommendations] != [item.item_id for item in found.now]


def test_newer_content_and_lost_models_are_named(home: Home, config: Config, recorded: str) -> None:
    exposure = home.catalogue.exposures.get(recorded)
    assert exposure is not None
    home.catalogue.exposures.put([replace(exposure, revision=exposure.revision - 1, models="svd-1")])
    changed = " ".join(replay(home, config, recorded).changed)
    assert f"revision {exposure.revision - 1} to {exposure.revision}" in changed
    assert "svd-1 is gone" in changed


def test_an_unknown_request_is_refused(home: Home, config: Config) -> None:
    with pytest.raises(UnknownItem, match="recorded answer"):
        replay(home, config, "nothing")
