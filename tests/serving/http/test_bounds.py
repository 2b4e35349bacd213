"""A server under pressure: model work is bounded, late answers come without it, nothing accepted is lost."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from select import select
from time import monotonic
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.responses import Response

from shortlist.models.llm.language_model import ChoiceScores
from shortlist.serving.http.protocol import BoundedProtocol, Connections
from tests.serving.conftest import running, until

pytestmark = pytest.mark.servers

WISH = {"about": "the moon"}


class Gated:
    """A language model that answers when its gate is open."""

    name, max_choices = "gated", 20

    def __init__(self, patience_s: float = 20) -> None:
        self._patience_s = patience_s
        self.gate = threading.Event()
        self.calls = 0
        self.at_once = self.most = 0
        self._lock = threading.Lock()

    def choice_logprobs(self, messages: Any, choices: Any) -> ChoiceScores:
        with self._lock:
            self.calls += 1
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.gate.wait(self._patience_s)
        with self._lock:
            self.at_once -= 1
        return ChoiceScores(np.array([-0.1, -3.0]), (False, False), 10)


def gauge(api: Any, name: str) -> float:
    lines = api.client.get("/metrics").text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"shortlist_{name} "))


def test_a_fixed_number_asks_the_model_some_wait_and_the_rest_is_refused(serve: Any, small_home: Path) -> None:
    model = Gated()
    with serve(small_home, model, llm_at_once=1, llm_waiting=2) as api, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(api.client.get, "/v1/recommend/ann", params=WISH) for _ in range(3)]
        until(lambda: (gauge(api, "llm_running"), gauge(api, "llm_waiting")) == (1, 2))
        refused = api.client.get("/v1/recommend/ann", params=WISH)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert api.ids("/v1/recommend/ann")  # what asks no model goes on
        model.gate.set()
        assert [one.result().status_code for one in asked] == [200, 200, 200]
        assert model.most == 1
        assert gauge(api, "llm_running") == 0


def test_at_the_deadline_the_answer_comes_without_rerank_and_says_so(serve: Any, small_home: Path) -> None:
    model = Gated()
    with serve(small_home, model, deadline_s=0.3) as api:
        late = api.get("/v1/recommend/ann", params=WISH)
        plain = api.get("/v1/recommend/ann", params={**WISH, "rerank": "none"})
        assert late["recommendations"] == plain["recommendations"]
        assert [note["code"] for note in late["notes"]] == ["model-late"]
        assert "0.3 s" in late["notes"][0]["message"]
        assert 'reason="model-late"' in api.client.get("/metrics").text
        model.gate.set()
        until(lambda: gauge(api, "llm_running") == 0)
        assert model.calls <= 1  # the work that nobody waits for stopped before its next call
        asked = {"user_id": "ann", "candidates": ["v01", "v02"], "about": "the moon"}
        assert api.post("/v1/rank", asked)["ranking"]


def test_a_cancelled_request_stops_costing(serve: Any, small_home: Path) -> None:
    model = Gated()
    with serve(small_home, model) as api:
        with socket.create_connection(("127.0.0.1", int(api.url.rpartition(":")[2]))) as client:
            client.sendall(b"GET /v1/recommend/ann?about=the+moon HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            until(lambda: model.calls == 1)
        until(lambda: gauge(api, "requests_inside") == 1)  # this one: the other has left
        model.gate.set()
        until(lambda: gauge(api, "llm_running") == 0)
        assert model.calls == 1


def test_the_chat_answers_after_its_deadline_too(serve: Any, small_home: Path) -> None:
    model = Gated()
    with serve(small_home, model, deadline_s=0.3) as api, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(api.client.post, "/v1/chat", json={"message": "recommend something about the moon for ann"})
        until(lambda: model.calls or asked.done())
        threading.Timer(0.5, model.gate.set).start()
        *_, last = asked.result().text.strip().split("\n\n")
        reply = json.loads(last.split("data: ")[1])
        assert reply["recommendations"]
        assert model.calls <= 1


@pytest.mark.slow
def test_a_chat_whose_model_hangs_ends_with_a_problem_and_so_does_the_server(serve: Any, small_home: Path) -> None:
    model = Gated(patience_s=60)
    with serve(small_home, model, deadline_s=0.3, shutdown_s=0.3) as api, ThreadPoolExecutor(2) as pool:
        wish = {"message": "recommend something about the moon for ann"}
        asked = pool.submit(api.client.post, "/v1/chat", json=wish)
        until(lambda: model.calls)
        behind = pool.submit(api.client.post, "/v1/chat", json={"message": "hi"})
        for one in (asked, behind):
            *_, last = one.result().text.strip().split("\n\n")
            assert last.startswith("event: problem")
            assert json.loads(last.split("data: ")[1])["status"] == 503
        api.server.should_exit = True
        api.thread.join(120)
        assert not api.thread.is_alive()
        model.gate.set()


def test_more_requests_than_can_be_borne_get_a_retry_after(serve: Any, small_home: Path) -> None:
    model = Gated()
    with serve(small_home, model, requests=1) as api, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(api.client.get, "/v1/recommend/ann", params=WISH)
        until(lambda: model.calls)
        refused = api.client.get("/v1/recommend/ann")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert api.client.get("/healthz").status_code == 200
        model.gate.set()
        assert asked.result().status_code == 200


def test_large_requests_are_refused_however_they_are_sent(serve: Any, small_home: Path) -> None:
    with serve(small_home, body_bytes=10_000, batch=3) as api:
        big = json.dumps({"videos": [{"id": "a", "title": "A" * 20_000}]}).encode()
        headers = {"Content-Type": "application/json"}
        assert api.client.post("/v1/videos", content=big, headers=headers).status_code == 413
        pieces = (big[at : at + 1000] for at in range(0, len(big), 1000))
        assert api.client.post("/v1/videos", content=pieces, headers=headers).status_code == 413
        many = {"videos": [{"id": f"{at}", "title": "A"} for at in range(4)]}
        assert api.client.post("/v1/videos", json=many).status_code == 413
        assert api.client.get("/v1/videos/a").status_code == 404


WHOLE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def bounded(seconds: float = 10, most: int = 100, per_client: int = 100) -> dict[str, Any]:
    """Settings of a server whose connections are bounded."""
    return {"http": partial(BoundedProtocol, seconds, Connections(most, per_client)), "lifespan": "off"}


def connection(url: str, host: str = "127.0.0.1") -> socket.socket:
    """A connection to `url` from `host`."""
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    return socket.create_connection(address, timeout=300, source_address=(host, 0))


def answered(waiting: list[socket.socket]) -> bytes:
    """Remove one of `waiting` that is answered within 10 s and return the answer."""
    ready, _, _ = select(waiting, [], [], 10)
    waiting.remove(ready[0])
    return ready[0].recv(4096)


@contextmanager
def prompt_connection(app: Any) -> Iterator[socket.socket]:
    """A connection to `app`, which may take 0.2 s for the head of each request."""
    with running(app, **bounded(0.2)) as (url, _, _), connection(url) as slow:
        yield slow


async def slow_answer(_scope: Any, _receive: Any, send: Any) -> None:
    await asyncio.sleep(0.6)  # longer than a head may take
    await Response("done")(_scope, _receive, send)


@pytest.mark.parametrize("sent", [b"", WHOLE[:14], WHOLE[:-2]])
def test_a_request_that_does_not_begin_in_time_is_hung_up_on(sent: bytes) -> None:
    async def answer(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("nothing was asked")

    with prompt_connection(answer) as slow:
        slow.sendall(sent)
        assert slow.recv(4096) == b""


@pytest.mark.parametrize("more", [b"", WHOLE[:14], WHOLE[:-2]])
def test_nor_may_the_next_one_of_a_connection_take_longer(more: bytes) -> None:
    with prompt_connection(slow_answer) as slow:
        slow.sendall(WHOLE + WHOLE + more)
        said = b""
        while piece := slow.recv(4096):
            said += piece
        assert said.count(b"done") == 2


async def done(scope: Any, receive: Any, send: Any) -> None:
    await Response("done")(scope, receive, send)


def endless() -> Iterator[tuple[bytes, bytes]]:
    """Beginnings of requests, and what may follow them without end."""
    start = b"GET / HTTP/1.1\r\nHost: a\r\n"
    yield start + b"X: ", b"a" * 65_536
    yield start, b"".join(b"x%07d: y\r\n" % at for at in range(4000))
    yield b"GET /", b"a" * 65_536
    yield start + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 65_536


@pytest.mark.parametrize(("start", "more"), endless(), ids=["one header", "many headers", "an address", "a trailer"])
def test_a_head_without_end_is_refused_soon(start: bytes, more: bytes) -> None:
    async def wait(_scope: Any, receive: Any, _send: Any) -> None:
        while (await receive()).get("more_body"):
            pass

    with running(wait, **bounded()) as (url, _, _), connection(url) as flood:
        flood.sendall(start)
        sent = 0
        with suppress(ConnectionError):
            while sent < 50_000_000:
                flood.sendall(more)
                sent += len(more)
        assert sent < 20_000_000  # what the sockets of both sides hold, not what the parser keeps


def test_a_large_head_is_answered_with_431_and_one_within_the_bounds_is_served() -> None:
    def ask(*headers: bytes) -> bytes:
        with connection(url) as client:
            client.sendall(b"\r\n".join([b"GET / HTTP/1.1", b"Host: a", *headers, b"", b""]))
            return client.recv(4096).split()[1]

    with running(done, **bounded()) as (url, _, _):
        assert ask(*(b"x%d: y" % at for at in range(90))) == b"200"
        assert ask(*(b"x%d: y" % at for at in range(200))) == b"431"
        assert ask(b"x: " + b"y" * 60_000) == b"200"
        assert ask(b"x: " + b"y" * 70_000) == b"431"


def test_connections_that_say_nothing_make_room() -> None:
    with running(done, **bounded(most=100, per_client=5)) as (url, _, _), ExitStack() as stack:
        silent = [stack.enter_context(connection(url)) for _ in range(20)]
        assert httpx.get(url).text == "done"
        assert silent[0].recv(1) == b""
        silent[-1].sendall(WHOLE)
        assert b"done" in silent[-1].recv(4096)
    with running(done, **bounded(most=5)) as (url, _, _), ExitStack() as stack:
        for at in range(20):
            stack.enter_context(connection(url, f"127.0.0.{2 + at}"))
        assert httpx.get(url).text == "done"


def test_connections_that_are_answered_are_not_closed_for_others() -> None:
    began = threading.Semaphore(0)

    async def held(scope: Any, receive: Any, send: Any) -> None:
        began.release()
        await receive()
        await receive()  # until the client leaves
        await done(scope, receive, send)

    with running(held, **bounded(per_client=2)) as (url, _, _), ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(connection(url)).sendall(WHOLE)
            assert began.acquire(timeout=300)
        with connection(url) as third, connection(url, "127.0.0.9") as other:
            assert b" 503 " in third.recv(4096)
            other.sendall(WHOLE)
            assert began.acquire(timeout=300)


def test_an_answer_that_nobody_reads_is_given_up() -> None:
    gone = threading.Event()

    async def endless_answer(_scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        watching = asyncio.ensure_future(receive())
        while not watching.done() or watching.result()["type"] != "http.disconnect":
            watching = asyncio.ensure_future(receive()) if watching.done() else watching
            await send({"type": "http.response.body", "body": b"a" * 65_536, "more_body": True})
            await asyncio.sleep(0)
        gone.set()

    with running(endless_answer, **bounded(0.3)) as (url, _, _), connection(url) as lazy:
        lazy.sendall(WHOLE)
        assert gone.wait(120)


def test_half_a_request_is_ended_and_hinders_nobody(serve: Any, small_home: Path) -> None:
    head = (
        b"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    with serve(small_home, body_timeout_s=0.3) as api:
        port = int(api.url.rsplit(":", 1)[1])
        with (
            socket.create_connection(("127.0.0.1", port)) as slow,
            socket.create_connection(("127.0.0.1", port)) as gone,
        ):
            slow.sendall(head)
            gone.sendall(b"GET /v1/rec")
            assert api.ids("/v1/recommend/ann")
            slow.settimeout(10)
            assert b" 408 " in slow.recv(4096)
        assert api.ids("/v1/recommend/ann")


POST = b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"


def test_a_body_that_drips_is_ended_at_the_deadline_of_the_whole(serve: Any, small_home: Path) -> None:
    with serve(small_home, body_timeout_s=0.5) as api, connection(api.url) as slow:
        slow.sendall(POST + b"{")
        slow.settimeout(0.1)
        said, end = b"", monotonic() + 10
        while not said and monotonic() < end:
            slow.sendall(b" ")
            with suppress(TimeoutError):
                said = slow.recv(4096)
        assert b" 408 " in said


def test_bodies_that_drip_take_nobodys_place(serve: Any, small_home: Path) -> None:
    with serve(small_home, requests=4) as api, ExitStack() as stack:
        half = [stack.enter_context(connection(api.url)) for _ in range(6)]
        for one in half:
            one.sendall(POST + b"{")
        refused = [answered(half) for _ in range(4)]  # one address may send half of all; which half is chance
        assert all(b" 503 " in answer for answer in refused)
        assert api.ids("/v1/recommend/ann")
        other = stack.enter_context(connection(api.url, "127.0.0.9"))
        other.sendall(POST + b'{"message": "hi"}'.ljust(99))
        assert b" 200 " in other.recv(4096)


def test_at_shutdown_accepted_events_are_kept(serve: Any, small_home: Path) -> None:
    from shortlist.store.home import Home

    accepted: list[str] = []
    stopping = threading.Event()

    def post(api: Any, number: int) -> None:
        at = 0
        with httpx.Client(base_url=api.url, timeout=300) as client:
            while not stopping.is_set():
                event = {
                    "event_id": f"{number}-{at}",
                    "user_id": "ann",
                    "item_id": "v03",
                    "kind": "video",
                    "action": "view",
                }
                try:
                    answer = client.post("/v1/events", json={"events": [event]})
                except httpx.HTTPError:
                    return
                if answer.status_code == 200:
                    accepted.append(event["event_id"])
                at += 1

    with serve(small_home) as api, ThreadPoolExecutor(3) as pool:
        for number in range(3):
            pool.submit(post, api, number)
        until(lambda: len(accepted) > 20)
        api.server.should_exit = True
        api.thread.join(120)
        assert not api.thread.is_alive()
        stopping.set()
    with Home.open(small_home) as home:
        assert sorted(event.event_id for event in home.catalogue.events.get_many(accepted)) == sorted(accepted)


def test_requests_that_outlive_the_shutdown_get_a_retry_after(
    serve: Any, small_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = Gated()
    with serve(small_home, model, shutdown_s=1) as api, ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(api.client.get, "/v1/recommend/ann", params=WISH) for _ in range(2)]
        until(lambda: (gauge(api, "llm_running"), gauge(api, "llm_waiting")) == (1, 1))
        api.server.should_exit = True
        answers = [one.result() for one in asked]
        model.gate.set()
        api.thread.join(120)
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["title"] == "the server is stopping"
    assert not [record for record in caplog.records if record.exc_info]
