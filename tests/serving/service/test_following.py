"""A server follows published snapshots: it switches without a pause, and says what it cannot store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config import StoreConfig
from shortlist.core.errors import ConfigError
from shortlist.core.types import Event, Reader, Video
from shortlist.ops.publish.place import FolderPlace
from shortlist.ops.publish.publish import publish
from shortlist.store.home import Home
from shortlist.store.outbox import deliver
from tests.serving.conftest import until

AT = datetime(2026, 11, 20, tzinfo=UTC)
LIKE = {"user_id": "ann", "item_id": "a", "kind": "video", "action": "like", "at": AT.isoformat()}
ANN = "/v1/recommend/ann?rerank=none"


@pytest.fixture
def publisher(tmp_path: Path, new_hash_encoder: Any) -> Callable[..., None]:
    """publisher(home, *ids, servers=None): adds videos to a home and publishes it to the folder `place`."""
    encoder = new_hash_encoder()

    def add(path: Path, *ids: str, servers: StoreConfig | None = None) -> None:
        with Home.open(path, encoder.name, servers) as home:
            with home.writing():
                home.catalogue.videos.put([Video(one, f"About {one}") for one in ids])
                deliver(home, lambda: encoder)
            publish(home, FolderPlace(tmp_path / "place"), lambda: encoder, 3)

    return add


@pytest.mark.servers
def test_a_server_follows_without_an_error(small_home: Path, publisher: Any, serve: Any, tmp_path: Path) -> None:
    publisher(small_home)
    answers: list[tuple[int, int]] = []
    store = StoreConfig(snapshot=str(tmp_path / "place"), snapshot_s=0.05)
    with serve(tmp_path / "follower", store=store) as server:

        def ask() -> None:
            while not stopped.is_set():
                answer = server.client.get(ANN)
                answers.append((answer.status_code, answer.json().get("revision", 0)))

        stopped = threading.Event()
        asking = [threading.Thread(target=ask) for _ in range(2)]
        for thread in asking:
            thread.start()
        for at in range(4):
            publisher(small_home, f"new-{at}")
            revision = Home.open(small_home).catalogue.revision()
            until(lambda revision=revision: answers[-1] == (200, revision))
        stopped.set()
        for thread in asking:
            thread.join()
        assert {status for status, _ in answers} == {200}
        assert server.get("/v1/videos/new-3")["title"] == "About new-3"
        refused = server.client.post("/v1/events", json={"events": [LIKE]})
        assert refused.status_code == 403
        assert "follows published snapshots" in refused.json()["detail"]


def test_the_answers_are_those_of_the_home(small_home: Path, publisher: Any, serve: Any, tmp_path: Path) -> None:
    publisher(small_home)
    with serve(small_home) as server:
        expected = server.ids(ANN)
    with serve(tmp_path / "follower", store=StoreConfig(snapshot=str(tmp_path / "place"))) as server:
        assert server.ids(ANN) == expected
        shown = server.client.get("/v1/recommend/ann/stream?rerank=none&thread=page")
        assert (shown.status_code, "event: problem" in shown.text) == (200, False)
        asked = {"message": "why number 1?", "user": "ann", "thread": "page"}
        assert "Number 1" in server.client.post("/v1/chat", json=asked).text


def test_the_key_of_the_settings_must_be_one_that_was_published(publisher: Any, tmp_path: Path) -> None:
    from shortlist.app.server_context import build_context
    from shortlist.app.settings import load_settings
    from shortlist.engine.build import open_home

    secret = "made-by-a-deployment-" * 2
    given = {
        "home": tmp_path / "follower", "encoder": {"name": "hash-32"}, "serve": {"key": secret},
        "store": {"snapshot": str(tmp_path / "place")},
    }  # fmt: skip
    config = load_settings(None, {}, given)
    publisher(tmp_path / "home", "a")
    with open_home(config) as home, pytest.raises(ConfigError, match=r"setting serve\.key.*the machine that publishes"):
        build_context(home, config)
    with Home.open(tmp_path / "home") as home:
        home.catalogue.keys.admit(secret, "write")
    publisher(tmp_path / "home", "b")
    with open_home(config) as home:
        assert not build_context(home, config).keyless


def test_events_go_to_postgresql(servers: StoreConfig, publisher: Any, serve: Any, tmp_path: Path) -> None:
    publisher(tmp_path / "home", "a", "b", "c", servers=servers)
    with Home.open(tmp_path / "home", None, servers) as home:
        home.catalogue.readers.put([Reader("ann", AT)])
    store = servers.model_copy(update={"snapshot": str(tmp_path / "place"), "snapshot_s": 0.05})
    with serve(tmp_path / "follower", store=store) as server:
        assert not (tmp_path / "follower" / "catalogue.sqlite3").exists()
        [stored] = server.post("/v1/events", {"events": [LIKE]})["results"]
        assert stored["status"] == "new"
        assert "a" not in server.ids(ANN)
        assert server.client.post("/v1/videos", json={"videos": [{"id": "d", "title": "D"}]}).status_code == 403
        publisher(tmp_path / "home", "d", servers=servers)
        until(lambda: "d" in server.ids(ANN))
    with Home.open(tmp_path / "home", None, servers) as home:
        assert home.catalogue.events.last_number() == 1
        assert isinstance(home.catalogue.events.get_numbered(1), Event)
