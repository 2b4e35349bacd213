"""The page in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.recordings import record, tone
from tests.serving.conftest import Served

CLIP_S = 8.0
Shown = Callable[..., AbstractContextManager[tuple[Any, Served]]]


def keep_file(site: Served, video_id: str, path: Path) -> None:
    """Store `path` as the file from which a video was ingested."""
    status = path.stat()
    site.home.catalogue.locations.put(str(path), f"{status.st_size}:{status.st_mtime_ns}", video_id)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short film with sound."""
    return record(tmp_path_factory.mktemp("clip") / "clip.webm", [tone(CLIP_S)], picture=True, seconds=CLIP_S)


@pytest.fixture
def shown(browser: Any, serve_site: Any, small_home: Path, clip: Path, tmp_path: Path) -> Shown:
    """shown(path="/", model=None, **more): the page, opened, and its server. All videos of the home have a file.

    A request to another host, except those that `allowed` begins, fails the test, and so does an error of the console.
    """

    @contextmanager
    def show(path: str = "/", model: Any = None, allowed: str = "-", **more: Any) -> Iterator[tuple[Any, Served]]:
        wrong: list[str] = []
        with serve_site(small_home, model) as site:
            for number in range(40):
                keep_file(site, f"v{number:02}", shutil.copy(clip, tmp_path / f"v{number:02}.webm"))
            page = browser.new_page(**{"viewport": {"width": 1200, "height": 900}, **more})
            page.set_default_timeout(120_000)
            page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            own = (site.url, "data:", "blob:", allowed)
            page.on("request", lambda one: None if one.url.startswith(own) else wrong.append(one.url))
            page.goto(f"{site.url}{path}")
            page.locator("#shelf .card").first.wait_for()
            yield page, site
            page.close()
        assert wrong == []

    return show


def titles(page: Any) -> list[str]:
    """The titles of the cards, with their places."""
    return [" ".join(one.split()) for one in page.locator("#shelf h2").all_inner_texts()]


def events_of(site: Served, user: str = "ann") -> list[tuple[str, str, float | None]]:
    """The reader's events, newest first, as (video, action, seconds)."""
    return [
        (event.item_id, event.action, event.dwell_s) for event in site.home.catalogue.events.newest([user], 9)[user]
    ]
