"""Keys, their scopes and rates, and the contents of problem documents."""

from __future__ import annotations

import logging
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from shortlist.store.home import Home
from tests.serving.conftest import slow_database

pytestmark = pytest.mark.servers

EVENT = {"events": [{"user_id": "ann", "item_id": "v03", "kind": "video", "action": "like"}]}


@pytest.fixture
def locked_home(small: Path, tmp_path: Path) -> tuple[Path, str, str]:
    """A home with two keys: one that reads, one that writes."""
    path = shutil.copytree(small, tmp_path / "home")
    with Home.open(path) as home:
        (_, read), (_, write) = home.catalogue.keys.create("read"), home.catalogue.keys.create("write", "phone")
    return path, read, write


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def keyed(serve: Any, locked_home: tuple[Path, str, str]) -> Iterator[Any]:
    with serve(locked_home[0]) as api:
        yield api


def problem(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["request_id"] == answer.headers["x-request-id"]
    assert document["title"]
    return document


def test_with_keys_nobody_else_is_answered(keyed: Any) -> None:
    for path in ("/v1/recommend/ann", "/v1/search?text=moon", "/v1/readers/ann", "/v1/videos/v01", "/metrics"):
        assert problem(keyed.client.get(path), 401)
        assert problem(keyed.client.get(path, headers=bearer("sl_wrong")), 401)
    assert keyed.client.get("/healthz").status_code == keyed.client.get("/readyz").status_code == 200
    assert keyed.client.get("/v1/recommend/ann").headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/v1/search?foo=1", "/v1/recommend/ann?k=0", "/v1/nowhere"])
def test_who_has_no_key_learns_nothing_else(keyed: Any, locked_home: tuple[Path, str, str], path: str) -> None:
    assert problem(keyed.client.get(path), 401)
    assert keyed.client.get(path, headers=bearer(locked_home[1])).status_code in {200, 404, 422}


def test_what_is_sent_without_a_key_is_not_read_and_takes_nobodys_place(
    serve: Any, locked_home: tuple[Path, str, str]
) -> None:
    path, read, _ = locked_home
    head = b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    with serve(path, requests=2) as api, ExitStack() as connections:
        wrong = api.client.post("/v1/events", content=b"{", headers={"Content-Type": "application/json"})
        assert problem(wrong, 401)
        for _ in range(5):
            address = ("127.0.0.1", int(api.url.rpartition(":")[2]))
            half = connections.enter_context(socket.create_connection(address, timeout=300))
            half.sendall(head)
            assert b" 401 " in half.recv(4096)
        assert api.client.get("/v1/recommend/ann", headers=bearer(read)).status_code == 200


def test_a_database_that_is_slow_to_know_a_key_holds_up_nobody_else(
    keyed: Any, locked_home: tuple[Path, str, str]
) -> None:
    with slow_database("WHERE keys.sha") as (asked, answers), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(keyed.client.get, "/v1/readers/ann", headers=bearer(locked_home[1]))
        assert asked.wait(120)
        assert keyed.client.get("/healthz").status_code == 200
        assert not waiting.done()
        answers.set()
        assert waiting.result().status_code == 200


def test_a_reading_key_may_not_write(keyed: Any, locked_home: tuple[Path, str, str]) -> None:
    _, read, write = locked_home
    assert keyed.client.get("/v1/recommend/ann", headers=bearer(read)).status_code == 200
    assert problem(keyed.client.post("/v1/events", json=EVENT, headers=bearer(read)), 403)
    assert problem(keyed.client.post("/v1/videos", json={"videos": [{}]}, headers=bearer(read)), 403)
    assert keyed.client.post("/v1/events", json=EVENT, headers=bearer(write)).status_code == 200
    assert keyed.client.get("/v1/recommend/ann", headers=bearer(write)).status_code == 200


@pytest.fixture
def scoped(keyed: Any) -> Any:
    """scoped(scope): headers with a key of that scope."""
    return lambda scope: bearer(keyed.home.catalogue.keys.create(scope)[1])


def test_a_key_of_one_reader_reads_and_stores_their_data_only(keyed: Any, scoped: Any) -> None:
    own = scoped("reader:ann")
    rank = {"user_id": "ann", "candidates": ["v01"]}
    for path in ("/v1/recommend/ann", "/v1/readers/ann", "/v1/search?text=moon", "/v1/videos/v01"):
        assert keyed.client.get(path, headers=own).status_code == 200
    assert keyed.client.post("/v1/rank", json=rank, headers=own).status_code == 200
    assert keyed.client.post("/v1/events", json=EVENT, headers=own).status_code == 200
    for path in (
        "/v1/recommend/new",
        "/v1/recommend/new/stream",
        "/v1/readers/new",
        "/v1/readers/ann%20",
        "/v1/recommend/nobody",
        "/metrics",
    ):
        assert problem(keyed.client.get(path, headers=own), 403)
    other = {**EVENT["events"][0], "user_id": "new"}
    for document in ({"events": [EVENT["events"][0], other]}, {"events": [{}]}):
        assert problem(keyed.client.post("/v1/events", json=document, headers=own), 403)
    for path, document in (
        ("/v1/rank", {**rank, "user_id": "new"}),
        ("/v1/chat", {"message": "recommend for new", "user": "ann"}),
        ("/v1/videos", {"videos": [{"id": "a", "title": "A"}]}),
    ):
        assert problem(keyed.client.post(path, json=document, headers=own), 403)


def test_a_key_of_one_reader_learns_of_no_other(keyed: Any, scoped: Any, locked_home: tuple[Path, str, str]) -> None:
    unknown = problem(keyed.client.get("/v1/recommend/anne", headers=scoped("reader:anne")), 404)
    assert unknown["nearest"] == []
    assert problem(keyed.client.get("/v1/recommend/anne", headers=bearer(locked_home[1])), 404)["nearest"][0] == "ann"


def test_a_key_for_operating_reads_metrics_and_nothing_else(keyed: Any, scoped: Any) -> None:
    operate = scoped("operate")
    assert keyed.client.get("/metrics", headers=operate).status_code == 200
    for path in ("/v1/recommend/ann", "/v1/readers/ann", "/v1/search?text=moon", "/v1/videos/v01"):
        assert problem(keyed.client.get(path, headers=operate), 403)
    assert problem(keyed.client.post("/v1/events", json=EVENT, headers=operate), 403)
    assert problem(keyed.client.post("/v1/chat", json={"message": "hi"}, headers=operate), 403)


def test_a_revoked_key_is_worthless_at_once_and_the_door_stays_shut(
    keyed: Any, locked_home: tuple[Path, str, str]
) -> None:
    for key in keyed.home.catalogue.keys.all():
        assert keyed.home.catalogue.keys.revoke(key.id)
    assert problem(keyed.client.get("/v1/recommend/ann", headers=bearer(locked_home[2])), 401)
    assert problem(keyed.client.get("/v1/recommend/ann"), 401)


def test_a_home_whose_keys_are_revoked_stays_closed_after_a_restart(
    serve: Any, locked_home: tuple[Path, str, str]
) -> None:
    with Home.open(locked_home[0]) as home:
        for key in home.catalogue.keys.all():
            assert home.catalogue.keys.revoke(key.id)
    with serve(locked_home[0]) as api:
        assert problem(api.client.get("/v1/recommend/ann"), 401)
        assert problem(api.client.post("/v1/events", json=EVENT), 401)


def test_a_key_made_later_shuts_an_open_door(api: Any) -> None:
    assert api.client.get("/v1/recommend/ann").status_code == 200
    _, secret = api.home.catalogue.keys.create("read")
    assert problem(api.client.get("/v1/recommend/ann"), 401)
    assert api.client.get("/v1/recommend/ann", headers=bearer(secret)).status_code == 200


def test_without_keys_a_name_from_elsewhere_is_refused(api: Any) -> None:
    assert problem(api.client.get("/v1/recommend/ann", headers={"Host": "evil.example"}), 403)
    assert api.client.get("/v1/recommend/ann", headers={"Host": "["}).status_code < 500
    assert api.client.get("/v1/recommend/ann", headers={"Host": "localhost:1"}).status_code == 200


def test_a_key_has_a_rate(serve: Any, locked_home: tuple[Path, str, str]) -> None:
    path, read, write = locked_home
    with serve(path, rate_per_s=0.001) as api:
        answers = [api.client.get("/v1/readers/ann", headers=bearer(read)) for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 429, 429]
        assert int(answers[1].headers["retry-after"]) >= 1
        assert api.client.get("/v1/readers/ann", headers=bearer(write)).status_code == 200


def test_threads_of_two_keys_are_apart(keyed: Any, locked_home: tuple[Path, str, str]) -> None:
    _, read, write = locked_home
    keyed.client.post("/v1/chat", json={"message": "recommend for ann"}, headers=bearer(read))
    other = keyed.client.post("/v1/chat", json={"message": "why number 1?"}, headers=bearer(write)).text
    assert "Video" not in other


def test_secrets_are_not_kept(locked_home: tuple[Path, str, str]) -> None:
    path, read, write = locked_home
    stored = b"".join(file.read_bytes() for file in path.glob("catalogue.sqlite3*"))
    assert read.encode() not in stored
    assert write.encode() not in stored


def test_problems_tell_what_the_caller_needs_and_nothing_of_the_inside(api: Any) -> None:
    unknown = problem(api.client.get("/v1/recommend/anne"), 404)
    assert unknown["nearest"][0] == "ann"
    assert problem(api.client.get("/v1/videos/none"), 404)
    assert problem(api.client.get("/v1/nowhere"), 404)
    assert problem(api.client.delete("/v1/events"), 405)
    invalid = problem(api.client.get("/v1/recommend/ann?k=0&max_duration=nan&rerank=magic"), 422)
    assert {fault["where"] for fault in invalid["errors"]} == {"query.k", "query.max_duration", "query.rerank"}
    api.home.catalogue._database.path.rename(api.home.path / "away")
    api.home.catalogue._database.close()
    broken = problem(api.client.get("/v1/readers/ann"), 503)
    assert str(api.home.path) not in str(broken)
    assert problem(api.client.get("/readyz"), 503)
    assert api.client.get("/healthz").status_code == 200


def test_a_request_id_is_in_the_answer_and_in_every_log_line(fixed: Any, caplog: pytest.LogCaptureFixture) -> None:
    from shortlist.serving.http.request_id import log_request_ids

    logging.getLogger().addHandler(caplog.handler)
    log_request_ids()
    with caplog.at_level(logging.INFO, "serving.access"):
        given = fixed.client.get("/v1/recommend/ann", headers={"X-Request-Id": "mine-1"})
        strange = fixed.client.get("/healthz", headers={"X-Request-Id": "a b\\n"})
    assert given.headers["x-request-id"] == "mine-1"
    assert len(strange.headers["x-request-id"]) == 32
    lines = [caplog.handler.format(record) for record in caplog.records if record.name == "serving.access"]
    assert any("[mine-1]" in line and "/v1/recommend" in line for line in lines)
