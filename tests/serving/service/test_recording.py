"""Every list that a reader is shown is recorded under the id that is handed out, exactly as it was shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config import Config, EncoderConfig
from shortlist.core.exposures import Exposure
from shortlist.core.ranking import Filters, Request
from shortlist.serving.service.service import Service
from shortlist.store.home import Home
from tests.serving.conftest import GATES, context_over

WISH = Request("ann", 4, "rivers")
PLAIN = Request("ann", 3, rerank="none")


@pytest.fixture
def home(small_home: Path) -> Iterator[Home]:
    with Home.open(small_home) as opened:
        yield opened


@pytest.fixture
def service(home: Home, new_hash_encoder: Any, scripted_model: Any) -> Iterator[Service]:
    encoder = new_hash_encoder()
    config = Config(home=home.path, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    made = Service(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
    yield made
    made.close()


def recorded(service: Service, home: Home) -> list[Exposure]:
    service.engine.exposures.flush()
    return list(home.catalogue.exposures.iterate())


def ids(answer: Any) -> list[str]:
    return [item["video_id"] for item in answer.get("recommendations") or answer["ranking"]]


def test_each_answer_has_its_own_id_also_from_the_cache(service: Service, home: Home) -> None:
    answers = {one["request_id"]: one for one in (service.recommend(PLAIN), service.recommend(PLAIN))}
    shown = recorded(service, home)
    assert {one.request_id for one in shown} == set(answers)
    for one in shown:
        assert [item.item_id for item in one.items] == ids(answers[one.request_id])
        assert one.request == PLAIN
        assert (one.revision, one.last_event) == (service.engine.reloader.snapshot().revision, 3)


def test_a_stream_is_one_exposure_of_the_last_list(service: Service, home: Home) -> None:
    async def listen() -> list[Any]:
        return [answer async for answer in service.recommend_stream(WISH, "thread")]

    answers = asyncio.run(listen())
    [shown] = recorded(service, home)
    assert {answer["request_id"] for answer in answers} == {shown.request_id}
    assert [item.item_id for item in shown.items] == ids(answers[-1])
    assert "rerank" in answers[-1]["recommendations"][0]["stages"]


def test_a_stream_that_nobody_follows_to_its_end_shows_its_first_list(service: Service, home: Home) -> None:
    async def leave() -> Any:
        stream = service.recommend_stream(WISH)
        first = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        return first

    first = asyncio.run(leave())
    [shown] = recorded(service, home)
    assert (shown.request_id, [item.item_id for item in shown.items]) == (first["request_id"], ids(first))


def test_ranked_candidates_are_recorded(service: Service, home: Home) -> None:
    request = Request("ann", 1, rerank="none", filters=Filters(include_seen=True))
    answer = asyncio.run(service.rank_async(request, ["v03", "v01", "nothing"]))
    [shown] = recorded(service, home)
    assert (shown.request_id, [item.item_id for item in shown.items]) == (answer["request_id"], ids(answer))


def test_feedback_by_chat_names_the_list_that_it_is_about(service: Service, home: Home) -> None:
    listed = service.chat("recommend three for ann", "ann", "t", rerank=False).result()
    more = service.chat("more", "ann", "t", rerank=False).result()
    service.chat("I liked number 2 and number 4", "ann", "t", rerank=False).result()
    assert len(recorded(service, home)) == 2
    first, second = home.catalogue.events.newest(["ann"], 2)["ann"][::-1]
    assert (first.request_id, first.position, first.item_id) == (listed.request_id, 2, ids(listed.document)[1])
    assert (second.request_id, second.position, second.item_id) == (more.request_id, 4, ids(more.document)[0])


def test_a_surprise_is_recorded_with_its_chance(service: Service, home: Home) -> None:
    service.chat("surprise me", "ann", "t", rerank=False).result()
    [shown] = recorded(service, home)
    assert shown.request.k == 50
    assert len(shown.items) == 5
    assert all(0 < item.propensity < 0.5 for item in shown.items)
