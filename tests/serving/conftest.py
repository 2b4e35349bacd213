"""Real servers on free ports, over small homes, with a hash encoder and a scripted language model."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import Engine, event

from shortlist.app.server_context import build_context_with_models
from shortlist.core.config import Config, EncoderConfig, StoreConfig
from shortlist.core.config_sections.ingest import IngestConfig
from shortlist.core.types import Event, Reader
from shortlist.engine.following import follower_of
from shortlist.serving.api.app import create_app
from shortlist.serving.service.context import AppContext
from shortlist.store.home import Home

WORDS = ("bread", "moon", "trains", "rivers")
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
GATES: dict[str, Any] = {
    "backup": {"daily": False},
    "rerank": {"depth": 4, "auto_depth": 4, "weight_wish": 0.5, "weight_plain": 0.0, "weight_thin": 0.0},
}


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, new_hash_encoder: Any) -> Path:
    """A home of 40 videos and the readers ann, who likes the moon, and new. Copy it before you change it."""
    from shortlist.ingest.default_enrichment import DefaultEnricher
    from shortlist.ingest.records.videos import video_from_row
    from shortlist.ingest.tables.rows import Row
    from shortlist.retrieval.index.indexer import load_snapshot
    from shortlist.store.outbox import deliver

    path, encoder = tmp_path_factory.mktemp("served") / "home", new_hash_encoder()
    titles = [f"Video {at} about {WORDS[at % 4]}" for at in range(40)]
    rows = [
        {
            "id": f"v{at:02}", "title": title, "transcript": f"{title}, told slowly.", "duration": 30 + at,
            "channel": f"Channel {at % 3}", "category": WORDS[at % 4].title(),
        }
        for at, title in enumerate(titles)
    ]  # fmt: skip
    with Home.open(path, encoder.name) as home, home.writing():
        videos = [video_from_row(Row(str(at), row)) for at, row in enumerate(rows)]
        home.catalogue.videos.put(
            DefaultEnricher(home.catalogue, lambda: encoder, IngestConfig().categories).enrich(videos)
        )
        deliver(home, lambda: encoder)
        home.catalogue.readers.put([Reader("new", NOW)])
        liked = [Event("ann", f"v{at:02}", "video", "like", NOW + timedelta(minutes=at)) for at in (1, 5, 9)]
        home.catalogue.events.add(liked)
        load_snapshot(home)
    return path


@pytest.fixture
def small_home(small: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(small, tmp_path / "home")


@dataclass
class Served:
    """A running server: its client, and the home behind it."""

    client: httpx.Client
    url: str
    home: Home
    model: Any
    server: uvicorn.Server
    thread: threading.Thread

    def get(self, path: str, **more: Any) -> Any:
        """The document of a successful GET."""
        return self.done(self.client.get(path, **more))

    def post(self, path: str, document: Any, **more: Any) -> Any:
        """The document of a successful POST."""
        return self.done(self.client.post(path, json=document, **more))

    def done(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, path: str, **more: Any) -> list[str]:
        """The ids of a recommendation."""
        return [item["video_id"] for item in self.get(path, **more)["recommendations"]]


def context_over(home: Home, config: Config, encoder: Any, model: Any) -> AppContext:
    """As `app.serve.build_context`, with the given models; `model` is a model, or an error that loading raises."""

    def load() -> Any:
        if isinstance(model, Exception):
            raise model
        return model

    return build_context_with_models(home, config, lambda: encoder, load)


@contextmanager
def running(app: Any, **more: Any) -> Iterator[tuple[str, uvicorn.Server, threading.Thread]]:
    """`app` on a free port of this machine."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, **{"timeout_graceful_shutdown": 5, **more}))
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        until(lambda: server.started or not thread.is_alive())
        assert server.started
        yield url, server, thread
    finally:
        server.should_exit = True
        thread.join(120)
        listener.close()


def until(holds: Callable[[], Any], seconds: float = 240.0) -> Any:
    """Look again and again until something holds; what it returned."""
    event, end = threading.Event(), monotonic() + seconds
    while not (found := holds()):
        assert monotonic() < end, "it never happened"
        event.wait(0.01)
    return found


@contextmanager
def slow_database(statement: str) -> Iterator[tuple[threading.Event, threading.Event]]:
    """(begun, release): SQL that contains `statement` begins, and goes on only when it is released."""
    begun, release = threading.Event(), threading.Event()

    def hold(_connection: Any, _cursor: Any, sql: str, *_more: Any) -> None:
        if statement in sql:
            begun.set()
            release.wait(120)

    event.listen(Engine, "before_cursor_execute", hold)
    try:
        yield begun, release
    finally:
        release.set()
        event.remove(Engine, "before_cursor_execute", hold)


Serve = Callable[..., AbstractContextManager[Served]]


def serving(new_app: Callable[[AppContext], Any], new_encoder: Any, new_model: Any) -> Serve:
    """serve(home, ...): a running server of what `new_app` makes.

    Its arguments: serve(home, model=None, headers=None, daily=False, store=None, **settings).
    """

    @contextmanager
    def start(
        path: Path,
        model: Any = None,
        headers: dict[str, str] | None = None,
        daily: bool = False,
        store: StoreConfig | None = None,
        **settings: Any,
    ) -> Iterator[Served]:
        encoder, model = new_encoder(), model or new_model([-0.1, -3.0])
        sections = {**GATES, "backup": {"daily": daily}, "serve": settings, "store": store or StoreConfig()}
        config = Config(home=path, encoder=EncoderConfig(name=encoder.name), **sections)
        follower = follower_of(config)
        follows = follower.first() if follower else None
        with Home.open(path, encoder.name, config.store, follows=follows) as home:
            app = new_app(context_over(home, config, encoder, model))
            with (
                running(app, timeout_graceful_shutdown=min(5, round(config.serve.shutdown_s))) as (url, server, thread),
                httpx.Client(base_url=url, headers=headers, timeout=300) as client,
            ):
                yield Served(client, url, home, model, server, thread)

    return start


@pytest.fixture(scope="session")
def serve(new_hash_encoder: Any, scripted_model: Any) -> Serve:
    """serve(home, ...): a running HTTP API."""
    return serving(create_app, new_hash_encoder, scripted_model)


@pytest.fixture(scope="session")
def serve_site(new_hash_encoder: Any, scripted_model: Any) -> Serve:
    """serve_site(home, ...): a running page, with its API and MCP."""
    from shortlist.serving.site import create_site

    return serving(lambda context: create_site(context, mcp=True), new_hash_encoder, scripted_model)


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium. The test is skipped where there is none."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        opened = playwright.chromium.launch(executable_path=program, args=flags)
        yield opened
        opened.close()


@pytest.fixture
def api(serve: Callable[..., AbstractContextManager[Served]], small_home: Path) -> Iterator[Served]:
    """A running HTTP API over a home of its own, without keys."""
    with serve(small_home) as served:
        yield served


@pytest.fixture(scope="module")
def fixed(serve: Any, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running HTTP API that a module's tests share and do not change."""
    with serve(shutil.copytree(small, tmp_path_factory.mktemp("fixed") / "home")) as served:
        yield served
