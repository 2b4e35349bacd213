"""While an experiment is in progress, lists are interleaved from both variants, and recorded with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config import Config, EncoderConfig
from shortlist.core.ranking import Request
from shortlist.serving.service.service import Service
from shortlist.store.home import Home
from tests.serving.conftest import GATES, context_over
from tests.serving.service.test_recording import WISH, ids, recorded

PLAIN = Request("ann", 6, rerank="none")
DENSE, POPULAR = {"name": "dense", "alone": "dense"}, {"name": "popular", "alone": "popular"}

NewService = Callable[..., Service]


@pytest.fixture
def home(small_home: Path) -> Iterator[Home]:
    with Home.open(small_home) as opened:
        yield opened


@pytest.fixture
def new_service(home: Home, new_hash_encoder: Any, scripted_model: Any) -> Iterator[NewService]:
    encoder = new_hash_encoder()
    with ExitStack() as stack:

        def make(**sections: Any) -> Service:
            settings = {"home": home.path, "encoder": EncoderConfig(name=encoder.name), **GATES, **sections}
            model = scripted_model([-0.1, -3.0])
            made = Service(context_over(home, Config.model_validate(settings), encoder, model))
            stack.callback(made.close)
            return made

        yield make


def alone(new_service: NewService, leg: str, request: Request) -> list[str]:
    """The list of one leg."""
    return ids(new_service(retrieval={"weights": {leg: 1.0}, "fusion": "weighted"}).recommend(request))


def test_a_running_server_follows_an_experiment(home: Home, new_service: NewService) -> None:
    service = new_service()
    before = service.recommend(PLAIN)
    home.catalogue.experiments.start("fresh", DENSE, POPULAR)
    service.engine.reloader.refresh()
    during = service.recommend(PLAIN)
    home.catalogue.experiments.end("fresh", "stopped")
    service.engine.reloader.refresh()
    after = service.recommend(PLAIN)
    assert (before["experiment"], during["experiment"], after["experiment"]) == (None, "fresh", None)
    assert ids(before) == ids(after)
    assert {item["variant"] for item in before["recommendations"]} == {None}
    assert {item["propensity"] for item in during["recommendations"]} == {1.0}


def test_each_item_is_the_best_that_its_variant_had_left(home: Home, new_service: NewService) -> None:
    lists = {"a": alone(new_service, "dense", PLAIN), "b": alone(new_service, "popular", PLAIN)}
    home.catalogue.experiments.start("fresh", DENSE, POPULAR)
    service = new_service()
    shown = service.recommend(PLAIN)["recommendations"]
    assert [item["rank"] for item in shown] == list(range(1, 7))
    above: set[str] = set()
    for item in shown:
        assert item["video_id"] == next(one for one in lists[item["variant"]] if one not in above)
        above.add(item["video_id"])
    assert sorted(item["variant"] for item in shown) == ["a", "a", "a", "b", "b", "b"]
    stored = recorded(service, home)[-1]
    assert stored.experiment == "fresh"
    assert [item.variant for item in stored.items] == [item["variant"] for item in shown]


def test_a_list_stays_as_it_is_until_the_reader_does_something(home: Home, new_service: NewService) -> None:
    home.catalogue.experiments.start("fresh", DENSE, POPULAR)
    one, other = new_service(), new_service()
    assert ids(one.recommend(PLAIN)) == ids(other.recommend(PLAIN))
    longer = Request("ann", 9, rerank="none")
    assert ids(one.recommend(longer))[:6] == ids(one.recommend(PLAIN))


def test_a_stream_reranks_both_variants(home: Home, new_service: NewService) -> None:
    home.catalogue.experiments.start("fresh", {"name": "default"}, {"name": "deep", "rerank": {"depth": 6}})
    service = new_service()

    async def listen() -> list[Any]:
        return [answer async for answer in service.recommend_stream(WISH, "thread")]

    first, *steps, last = asyncio.run(listen())
    assert all(step["progress"]["judged"] <= step["progress"]["of"] for step in steps)
    assert all("rerank" in item["stages"] for item in last["recommendations"])
    assert {item["variant"] for item in last["recommendations"]} == {"a", "b"}
    [stored] = recorded(service, home)
    assert [item.item_id for item in stored.items] == ids(last)
    assert first["request_id"] == stored.request_id


def test_explored_places_say_how_likely_they_were(home: Home, new_service: NewService) -> None:
    plain = ids(new_service().recommend(PLAIN))
    service = new_service(exposures={"explore": 0.5})
    shown = service.recommend(PLAIN)["recommendations"]
    assert len({item["video_id"] for item in shown}) == 6
    for item, usual in zip(shown, plain, strict=True):
        assert (item["propensity"] > 0.4) == (item["video_id"] == usual)
    assert recorded(service, home)[-1].items[0].propensity == shown[0]["propensity"]
