"""Models that cannot be loaded cost a server neither its threads nor its readiness."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from shortlist.app.server_context import build_context_with_models
from shortlist.core.config import Config, EncoderConfig
from shortlist.core.errors import ModelMissing
from shortlist.serving.api.app import create_app
from shortlist.serving.service.lazy_loader import LazyLoader
from shortlist.store.home import Home
from tests.serving.conftest import GATES, running, slow_database, until

GONE = ModelMissing("no model", expected="weights", found="none", remedy="pull them")


class Loading:
    """Fails at once the first time; then it takes until `gate` opens, and succeeds."""

    def __init__(self) -> None:
        self.attempts = 0
        self.gate = threading.Event()

    def __call__(self) -> str:
        self.attempts += 1
        if self.attempts == 1:
            raise GONE
        self.gate.wait(120)
        return "model"


def test_a_failure_is_reported_at_once_and_tried_again_only_later() -> None:
    load = Loading()
    kept = LazyLoader(load)
    for _ in range(3):
        with pytest.raises(ModelMissing):
            kept()
    assert load.attempts == 1


def test_nobody_waits_for_the_next_attempt_and_what_it_brings_is_kept() -> None:
    load = Loading()
    kept = LazyLoader(load, retry_s=0)
    for _ in range(3):
        with pytest.raises(ModelMissing):
            kept()
    load.gate.set()

    def came() -> bool:
        try:
            return kept() == "model"
        except ModelMissing:
            return False

    until(came)
    assert load.attempts == 2


def test_without_an_encoder_a_server_says_so_and_answers_what_needs_none(
    small_home: Path, new_hash_encoder: Any, scripted_model: Any
) -> None:
    def fail() -> Any:
        raise GONE

    name = new_hash_encoder().name
    config = Config(home=small_home, encoder=EncoderConfig(name=name), **GATES)  # type: ignore[arg-type]
    with Home.open(small_home, name) as home:
        app = create_app(build_context_with_models(home, config, fail, lambda: scripted_model([-0.1, -3.0])))
        with running(app) as (url, _, _), httpx.Client(base_url=url, timeout=300) as client:
            assert client.get("/readyz").json() == {"status": "ready", "encoder": "missing"}
            assert client.get("/v1/search", params={"text": "moon"}).status_code == 503
            assert client.get("/v1/recommend/ann").json()["recommendations"]


def test_a_busy_server_says_how_it_is(serve: Any, small_home: Path) -> None:
    with serve(small_home, threads=1) as api, slow_database("WHERE videos.id") as (begun, release):
        asking = threading.Thread(target=httpx.get, args=(f"{api.url}/v1/videos/v01",), kwargs={"timeout": 30})
        asking.start()
        assert begun.wait(120)
        assert api.get("/readyz") == {"status": "ready", "encoder": "loaded"}
        assert "shortlist_revision" in api.client.get("/metrics").text
        assert asking.is_alive()
        release.set()
        asking.join(120)


def test_a_write_that_waits_for_the_database_holds_up_no_answer(serve: Any, small_home: Path) -> None:
    event = {"user_id": "ann", "item_id": "v03", "kind": "video", "action": "like"}
    with serve(small_home, threads=1) as api, slow_database("INTO events") as (begun, release):
        written: list[Any] = []
        writing = threading.Thread(target=lambda: written.append(api.post("/v1/events", {"events": [event]})))
        writing.start()
        assert begun.wait(120)
        assert len(api.ids("/v1/recommend/ann")) > 0
        assert not written
        release.set()
        writing.join(120)
        assert written[0]["results"][0]["status"] == "new"
