"""The largest bodies that are allowed, filled with the worst: they are refused, and delay nobody."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.servers

LARGEST = 7_990_000
LONGEST_STALL_S = 1.0  # about 0.05 on an idle machine; without the limits 5 and more


def filled(head: str, item: str | Callable[[int], str], tail: str, size: int = LARGEST) -> bytes:
    """`head` and `tail` with `item` (repeated, or made from a number) between them, about `size` bytes."""
    items, left, at = [], size - len(head) - len(tail), 0
    while left > 0:
        items.append(item if isinstance(item, str) else item(at))
        left, at = left - len(items[-1]) - 1, at + 1
    return (head + ",".join(items[:-1]) + tail).encode()


def member(at: int) -> str:
    return f'"{at:x}":0'


NESTED = '{"a":' + "[" * 900 + "]" * 900 + "}"
BOMBS: dict[str, tuple[str, Callable[[], bytes], int]] = {
    "chat, unknown members": ("/v1/chat", lambda: filled('{"message":"x",', member, "}"), 413),
    "chat, unknown members that fit": ("/v1/chat", lambda: filled('{"message":"x",', member, "}", 60_000), 422),
    "chat, long message": ("/v1/chat", lambda: filled('{"message":"', "a" * 1000, '"}'), 413),
    "rank, numbers": ("/v1/rank", lambda: filled('{"user_id":"ann","candidates":[', "1", "]}"), 413),
    "rank, numbers that fit": ("/v1/rank", lambda: filled('{"user_id":"ann","candidates":[', "1", "]}", 900_000), 422),
    "events, numbers": ("/v1/events", lambda: filled('{"events":[', "1", "]}"), 413),
    "events, numbers that fit": ("/v1/events", lambda: filled('{"events":[', "1", "]}", 900_000), 422),
    "events, empty": ("/v1/events", lambda: filled('{"events":[', "{}", "]}"), 413),
    "events, empty that fit": ("/v1/events", lambda: filled('{"events":[', "{}", "]}", 700_000), 413),
    "events, nested": ("/v1/events", lambda: filled('{"events":[', NESTED, "]}"), 413),
    "events, deep": ("/v1/events", lambda: b'{"events":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}", 400),
    "events, one of many members": ("/v1/events", lambda: filled('{"events":[{', member, "}]}", 4_000_000), 413),
    "events, a long number": ("/v1/events", lambda: b'{"events":[{"dwell_s":' + b"9" * LARGEST + b"}]}", 400),
    "videos, texts": ("/v1/videos", lambda: filled('{"videos":[', '""', "]}", 1_000_000), 422),
}  # fmt: skip


@pytest.fixture(scope="module")
def served(serve: Any, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with serve(shutil.copytree(small, tmp_path_factory.mktemp("bodies") / "home")) as api:
        yield api


@contextmanager
def longest_wait(url: str) -> Iterator[list[float]]:
    """The longest wait for /healthz meanwhile."""
    waits, ended = [0.0], threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=300, trust_env=False) as client:
            while not ended.wait(0.01):
                began = monotonic()
                client.get("/healthz")
                waits[0] = max(waits[0], monotonic() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_delays_nobody(served: Any, name: str) -> None:
    path, body, status = BOMBS[name]
    content, headers = body(), {"Content-Type": "application/json"}
    with longest_wait(served.url) as waits:
        answer = served.client.post(path, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert len(answer.content) < 10_000
    assert waits[0] < LONGEST_STALL_S


def test_a_full_batch_of_timed_transcripts_is_stored(served: Any) -> None:
    segments = [
        {"start": at * 2.25, "end": at * 2.25 + 2, "text": f"And then we went over bridge {at}."} for at in range(40)
    ]
    videos = [{"id": f"full{at}", "title": f"Crossing {at}", "transcript": segments} for at in range(100)]
    assert len(json.dumps(videos)) > 64_000
    results = served.post("/v1/videos", {"videos": videos})["results"]
    assert [one["status"] for one in results] == ["new"] * 100
    assert len(served.get("/v1/videos/full9")["transcript"]["segments"]) == 40


def test_a_body_that_is_not_said_to_be_json_is_refused(served: Any) -> None:
    event = json.dumps({"events": [{"user_id": "ann", "item_id": "v03", "kind": "video", "action": "view"}]})
    for kind, status in (("text/plain", 422), ("", 422), ("application/json; charset=utf-8", 200)):
        answer = served.client.post("/v1/events", content=event, headers={"Content-Type": kind})
        assert answer.status_code == status
