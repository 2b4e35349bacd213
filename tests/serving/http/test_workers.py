"""Several processes answer on one socket, and nobody can tell: not by what is found, allowed or counted."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from shortlist.core.errors import ConfigError
from shortlist.models.llm.llama_cpp import LlamaCppModel
from shortlist.store.home import Home
from tests.ollama_stand_in import MODEL, StandIn, ollama_stand_in
from tests.serving.conftest import until

pytestmark = pytest.mark.servers

PER_S, BURST_S = 5, 2
Keys = dict[str, str]


@dataclass
class Server:
    """A running `shortlist serve api --workers 2`."""

    url: str
    process: subprocess.Popen[str]
    keys: Keys

    def workers(self) -> list[int]:
        """The ids of its processes that answer."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = []
        for one in children:
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes():
                    found.append(int(one))
        return found

    def ask(self, method: str, path: str, key: str = "writer", **more: Any) -> httpx.Response:
        """One request over a connection of its own."""
        headers = {"Authorization": f"Bearer {self.keys[key]}"}
        return httpx.request(method, self.url + path, headers=headers, trust_env=False, **{"timeout": 120, **more})

    @contextmanager
    def only(self, worker: int) -> Iterator[None]:
        """Meanwhile no other process answers."""
        others = [pid for pid in self.workers() if pid != worker]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in others:
                with suppress(ProcessLookupError):  # it was replaced meanwhile
                    os.kill(pid, signal.SIGCONT)

    def alone_ready(self, worker: int) -> bool:
        """Return True if this process answers at once. Others are not stopped for long, or they are replaced."""
        with self.only(worker), suppress(httpx.TimeoutException):
            return self.ask("GET", "/readyz", timeout=5).status_code == 200
        return False

    def counted(self, pattern: str) -> float:
        """The sum of all lines of the metrics that match."""
        lines = self.ask("GET", "/metrics", "reader").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if re.match(pattern, line))


@pytest.fixture(scope="module")
def model(tiny_llm: LlamaCppModel) -> Iterator[StandIn]:
    """A server of language models that hangs until it is released."""
    with ollama_stand_in(tiny_llm) as state:
        state.replies["/api/chat"] = state.hang
        yield state


@pytest.fixture(scope="module")
def server(sample_home: Path, model: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    path = shutil.copytree(sample_home, tmp_path_factory.mktemp("workers") / "home")
    with started(path, model) as running:
        yield running


@contextmanager
def started(path: Path, model: StandIn, **serve: str) -> Iterator[Server]:
    """A server of the home at `path`, with keys of its own and settings of the section `serve`."""
    with Home.open(path) as home:
        keys = {
            label: home.catalogue.keys.create("write", label)[1] for label in ("writer", "reader", "hasty", "wisher")
        }
    serve = {"RATE_PER_S": str(PER_S), "LLM_AT_ONCE": "1", "LLM_WAITING": "1", "DEADLINE_S": "6", **serve}
    settings = {
        **{f"SHORTLIST_SERVE__{name}": value for name, value in serve.items()},
        "SHORTLIST_LLM__PROVIDER": "ollama", "SHORTLIST_LLM__OLLAMA_URL": model.url,
        "SHORTLIST_LLM__OLLAMA_MODEL": MODEL, "SHORTLIST_HOME": str(path), "TMPDIR": str(path.parent),
    }  # fmt: skip
    command = [str(Path(sys.executable).with_name("shortlist")), "serve", "api", "--workers", "2", "--port", "0"]
    process = subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = next((line for line in process.stderr if "answers at" in line), "nothing: it did not start")
    running = Server(said.split()[-1], process, keys)
    try:
        until(lambda: len(running.workers()) == 2)
        for worker in running.workers():  # both have loaded
            until(partial(running.alone_ready, worker))
        yield running
    finally:
        process.kill()
        process.wait()


def test_what_one_stores_the_other_knows_at_once(server: Server) -> None:
    one, other = server.workers()
    with server.only(one):
        video = {"id": "zebra", "title": "The zebracoaster", "transcript": "Nobody rides it twice."}
        assert server.ask("POST", "/v1/videos", json={"videos": [video]}).json()["results"][0]["status"] == "new"
        event = {"user_id": "visitor", "item_id": "zebra", "kind": "video", "action": "like"}
        assert server.ask("POST", "/v1/events", json={"events": [event]}).status_code == 200
    with server.only(other):
        hits = server.ask("GET", "/v1/search", params={"text": "zebracoaster"}).json()["hits"]
        assert hits[0]["video_id"] == "zebra"
        assert server.ask("GET", "/v1/readers/visitor").json()["history"][0]["item_id"] == "zebra"


def test_both_may_write_videos_at_once(server: Server) -> None:
    def post(at: int) -> str:
        video = {"id": f"pair-{at}", "title": f"Pair {at}", "transcript": "Two at once."}
        return str(
            server.ask("POST", "/v1/videos", key="wisher", json={"videos": [video]}).json()["results"][0]["status"]
        )

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(post, range(4))) == ["new"] * 4


def test_a_key_has_one_rate_whoever_answers(server: Server) -> None:
    began, granted = monotonic(), 0
    for worker in server.workers():
        with server.only(worker):
            granted += sum(server.ask("GET", "/v1/videos/zebra", "hasty").status_code != 429 for _ in range(15))
    full = BURST_S * PER_S
    assert full <= granted <= full + PER_S * (monotonic() - began)


def test_metrics_are_those_of_both(server: Server) -> None:
    asked = r'shortlist_requests_total\{.*route="/readyz"'
    before = server.counted(asked)
    for worker in server.workers():
        with server.only(worker):
            assert server.ask("GET", "/readyz").status_code == 200
    until(lambda: server.counted(asked) == before + 2)  # a request is counted after it is answered


def test_the_language_model_has_one_queue(server: Server, model: StandIn) -> None:
    def wish(at: int) -> int:
        params = {"about": f"the moon {at}"}
        return server.ask("GET", "/v1/recommend/user_123", key="wisher", params=params).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(wish, range(6)))
    model.release.set()
    assert statuses == [200, 200, 503, 503, 503, 503]  # one asks, one waits: both are answered at the deadline


def test_one_that_dies_is_replaced_and_nobody_waits_for_it(server: Server) -> None:
    killed, other = server.workers()
    os.kill(killed, signal.SIGKILL)
    assert server.ask("GET", "/readyz").status_code == 200
    until(lambda: len(set(server.workers()) - {killed}) == 2)
    (fresh,) = set(server.workers()) - {killed, other}
    until(lambda: server.alone_ready(fresh))
    with server.only(fresh):
        assert server.ask("GET", "/v1/videos/zebra").status_code == 200


def test_a_signal_ends_all_of_them(server: Server) -> None:
    workers = server.workers()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(120) == 0
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_workers_do_not_outlive_the_process_that_started_them(
    sample_home: Path, model: StandIn, tmp_path: Path
) -> None:
    with started(shutil.copytree(sample_home, tmp_path / "home"), model) as own:
        workers = own.workers()
        own.process.kill()
        until(lambda: not [pid for pid in workers if Path(f"/proc/{pid}").exists()])


def test_a_revoked_key_of_the_settings_stays_revoked_whatever_is_restarted(
    sample_home: Path, model: StandIn, tmp_path: Path
) -> None:
    path, leaked = shutil.copytree(sample_home, tmp_path / "home"), "made-by-a-deployment-and-leaked-" * 2
    with started(path, model, KEY=leaked, RATE_PER_S="1000") as server:
        server.keys["leaked"] = leaked

        def statuses() -> set[int]:
            """What each worker, alone, answers to the leaked key."""
            found = set()
            for worker in server.workers():
                with server.only(worker):
                    found |= {server.ask("GET", "/v1/videos/zebra", "leaked").status_code for _ in range(5)}
            return found

        def restart(which: int, replaces: int) -> None:
            """Send a signal, wait until workers are replaced, and ask with the leaked key all the while."""
            before, seen = set(server.workers()), set()

            def replaced() -> bool:
                with suppress(httpx.TransportError):  # the worker that had the connection has ended
                    seen.add(server.ask("GET", "/v1/videos/zebra", "leaked").status_code)
                now = server.workers()
                return len(now) == 2 and len(before - set(now)) == replaces and all(map(server.alone_ready, now))

            os.kill(next(iter(before)) if which == signal.SIGKILL else server.process.pid, which)
            until(replaced)
            assert seen == statuses() == {401}

        assert statuses() == {404}
        with Home.open(path) as home:
            [key] = [one for one in home.catalogue.keys.all() if one.label == "serve.key"]
            assert home.catalogue.keys.revoke(key.id)
        assert statuses() == {401}
        restart(signal.SIGKILL, replaces=1)
        restart(signal.SIGHUP, replaces=2)
        assert server.ask("GET", "/readyz").status_code == 200
    command = [str(Path(sys.executable).with_name("shortlist")), "serve", "api", "--port", "0"]
    for more in ([], ["--workers", "2"]):
        settings = {"SHORTLIST_SERVE__KEY": leaked, "SHORTLIST_HOME": str(path)}
        done = subprocess.run([*command, *more], env={**os.environ, **settings}, capture_output=True, text=True)
        assert done.returncode == ConfigError.exit_code
        assert "setting serve.key: expected a key that was not revoked" in done.stderr
        assert leaked not in done.stderr
    with Home.open(path) as home:
        assert home.catalogue.keys.recognise(leaked) is None
    with started(path, model, KEY=f"another, {leaked}") as later:
        later.keys |= {"leaked": leaked, "new": f"another, {leaked}"}
        assert later.ask("GET", "/v1/videos/zebra", "leaked").status_code == 401
        assert later.ask("GET", "/v1/videos/zebra", "new").status_code == 404
