"""A reader's taste in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.agent.batch import ItemBatch
from shortlist.agent.reader.describe_tastes import describe_tastes
from shortlist.agent.reader.profile import build_profile
from shortlist.agent.reader.taste import Taste, describe_taste
from shortlist.core.config import ProfileConfig
from shortlist.core.errors import ModelFailed
from shortlist.core.types import Attributed, Enrichment, Event, Profile, Reader, Video
from shortlist.store.catalogue.results import Activity
from shortlist.store.home import Home

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ITEMS = ItemBatch.of(
    [
        Video(name, title, enrichment=Enrichment(category=Attributed(category, "given")))
        for name, title, category in (
            ("a", "Moon dust", "Sci/Tech"),
            ("b", "Craters of the Moon", "Sci/Tech"),
            ("c", "Rye bread", "Food"),
        )
    ]
)


def profile(*liked: str, interests: tuple[str, ...] = ()) -> Profile:
    events = [Event("u", item, "video", "view", AT, dwell_s=40) for item in liked]
    return build_profile(Reader("u", interests=interests), events, Activity.of(events), ITEMS, ProfileConfig())


def answer(sentence: str, *tags: str) -> str:
    return json.dumps({"sentence": sentence, "tags": list(tags)})


def test_a_model_writes_it(scripted_model: Any) -> None:
    model = scripted_model(answer("Likes the Moon and what lies on it.", "Moon", "craters", "dust"))
    taste = describe_taste(profile("a", "b", "c"), ITEMS, model)
    assert taste == Taste("Likes the Moon and what lies on it.", ("moon", "craters", "dust"), "scripted:taste@1")
    assert "Craters of the Moon" in model.calls[0][-1].content


def test_an_invented_name_is_retried_once_and_then_replaced_by_categories(scripted_model: Any) -> None:
    model = scripted_model(answer("Likes Mars and 7 rockets.", "mars", "rockets", "space"))
    taste = describe_taste(profile("a", "b", "c"), ITEMS, model)
    assert taste == Taste("Likes mostly Sci/Tech and Food", ("sci/tech", "food"), "extractive")
    assert "Mars" in model.calls[1][-1].content


def test_without_a_model_it_is_counted() -> None:
    assert describe_taste(profile("c", interests=("bread", "food")), ITEMS, None) == Taste(
        "Likes mostly Food; says to like bread", ("food", "bread"), "extractive"
    )
    assert describe_taste(profile(interests=("jazz",)), ITEMS, None) == Taste(
        "Says to like jazz", ("jazz",), "extractive"
    )


def test_who_did_nothing_has_no_taste() -> None:
    assert describe_taste(profile(), ITEMS, None) is None


def test_all_readers_are_described_and_again_only_when_they_did_something(tmp_path: Path, scripted_model: Any) -> None:
    said = answer("Likes what lies on the Moon.", "moon", "craters", "dust")
    model = scripted_model(said)
    with Home.open(tmp_path / "home", "hash-32") as home:
        store = home.catalogue
        with home.writing("testing"):
            store.videos.put([Video("a", "Moon dust"), Video("b", "Craters of the Moon")])
        store.events.add([Event(user, "a", "video", "like", AT) for user in ("ann", "bob", "cy")])
        store.events.add([Event("aaron", "a", "video", "skip", AT)])  # has no taste to write, and spends no limit
        assert describe_tastes(store, model, ProfileConfig(), limit=2).done == 2
        assert store.tastes.get("ann") == (
            Attributed("Likes what lies on the Moon.", "scripted:taste@1"),
            ("moon", "craters", "dust"),
        )
        assert store.tastes.get("cy") is None
        nonsense = ModelFailed("no answer", expected="JSON", found="nonsense", remedy="wait")
        assert [one.where for one in describe_tastes(store, scripted_model(nonsense), ProfileConfig()).failures] == [
            "cy"
        ]
        assert describe_tastes(store, model, ProfileConfig()).done == 1
        assert describe_tastes(store, model, ProfileConfig()).done == 0
        store.events.add([Event("bob", "b", "video", "like", AT)])
        assert describe_tastes(store, model, ProfileConfig()).done == 1
        model.name = "other"
        assert describe_tastes(store, model, ProfileConfig()).done == 0
        assert describe_tastes(store, model, ProfileConfig(), refresh=True).done == 3


def test_named_interests_are_described_and_again_when_they_change(tmp_path: Path, scripted_model: Any) -> None:
    model = scripted_model(answer("Likes what they say.", "one", "two", "three"))
    with Home.open(tmp_path / "home", "hash-32") as home:
        store = home.catalogue
        store.readers.put([Reader("ann", interests=("jazz",)), Reader("bob"), Reader("cy", interests=("chess",))])
        assert describe_tastes(store, model, ProfileConfig()).done == 2
        assert describe_tastes(store, model, ProfileConfig()).done == 0
        store.readers.put([Reader("ann", interests=("sailing",))])
        assert describe_tastes(store, model, ProfileConfig()).done == 1
        store.events.add([Event("cy", "gone", "video", "like", AT)])
        assert describe_tastes(store, model, ProfileConfig()).done == 1
        assert describe_tastes(store, model, ProfileConfig()).done == 0


def test_a_model_that_is_down_ends_the_run(tmp_path: Path, scripted_model: Any) -> None:
    model = scripted_model(ModelFailed("no answer", expected="one", found="no connection", remedy="start it"))
    with Home.open(tmp_path / "home", "hash-32") as home:
        with home.writing("testing"):
            home.catalogue.videos.put([Video("a", "Moon dust")])
        home.catalogue.events.add([Event(f"u{n}", "a", "video", "like", AT) for n in range(9)])
        with pytest.raises(ModelFailed, match="no connection"):
            describe_tastes(home.catalogue, model, ProfileConfig())
    assert len(model.calls) == 3
