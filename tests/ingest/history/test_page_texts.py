"""The pages of articles that were saved, liked or read long are fetched from a real server, and no others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.ingest.history.acts import Act
from shortlist.ingest.history.page_texts import fetch_texts, wanted
from tests.media_server import MediaServer, content, media_server, status

AT = datetime(2026, 1, 1, tzinfo=UTC)
LOCAL = MediaConfig(allow_private=True)
SENTENCE = "Night trains run again from Berlin to Paris, three times a week, since the autumn of last year. "


@pytest.fixture
def server() -> Iterator[MediaServer]:
    with media_server() as running:
        yield running


def page(robots: str = "") -> Any:
    html = f"<html><head><meta name='robots' content='{robots}'><title>Trains</title></head><body><article>"
    return content(f"{html}<h1>Trains</h1><p>{SENTENCE * 6}</p></article></body></html>".encode(), "text/html")


def article(url: str, verb: Any = "save", seconds: float | None = None, **more: Any) -> Act:
    return Act(verb, AT, url, "Night trains", kind="article", seconds=seconds, **more)


def test_what_is_wanted() -> None:
    saved, long = article("https://example.org/a"), article("https://example.org/b", "read", 90.0)
    others = [
        article("https://example.org/c", "read", 20.0), article("https://example.org/d", text="It has one."),
        Act("save", AT, "https://www.youtube.com/watch?v=aaaaaaaaaaa", "A video"), article("https://example.org/a"),
    ]  # fmt: skip
    assert wanted([saved, *others, long]) == [saved, long]


def test_texts_come_from_pages_one_at_a_time(server: MediaServer) -> None:
    server.replies |= {"/a": page(), "/b": page("noindex, noarchive"), "/c": status(404), "/d": page()}
    acts = [article(f"{server.url}/{name}") for name in "abcd"] + [article(f"{server.url}/a", "like")]
    began, done = time.monotonic(), []
    failures = fetch_texts(acts, LOCAL, done.append, pause_s=0.1)
    assert time.monotonic() - began >= 0.3
    assert [act.text_made_by if act.text else "title" for act in acts] == [
        "fetched", "title", "title", "fetched", "fetched",
    ]  # fmt: skip
    assert SENTENCE.strip() in acts[0].text
    assert [failure.where[-2:] for failure in failures] == ["/b", "/c"]
    assert (sum(done), server.asked["/a"]) == (4, 1)


def test_addresses_of_this_network_are_refused(server: MediaServer) -> None:
    server.replies["/a"] = page()
    [failure] = fetch_texts([article(f"{server.url}/a")], MediaConfig(), lambda _: None, pause_s=0.0)
    assert "127.0.0.1" in failure.reason
    assert not server.asked
