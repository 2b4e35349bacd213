"""The page takes no file but an uploaded one, and hands out none, whatever a request names."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from shortlist.core.config import Config, EncoderConfig
from shortlist.store.home import Home
from tests.serving.conftest import GATES, context_over, running

pytestmark = pytest.mark.servers

META = {"_type": "gradio.FileData"}
TABLE = b'{"id": "fresh", "title": "A fresh video", "transcript": "Fresh words."}\n'


@dataclass
class Page:
    """A running page, asked as its own JavaScript asks."""

    client: httpx.Client
    home: Home

    def handler(self, label: str, outputs: int) -> int:
        """The number of the handler that reads the input called `label` and has so many outputs."""
        config = self.client.get("/config").json()
        named = {one["id"] for one in config["components"] if one["props"].get("label", "").startswith(label)}
        found = [one for one in config["dependencies"] if named & set(one["inputs"]) and len(one["outputs"]) == outputs]
        return int(found[0]["id"])

    def join(self, handler: int, data: list[Any], session: str) -> httpx.Response:
        return self.client.post(
            "/gradio_api/queue/join", json={"data": data, "fn_index": handler, "session_hash": session}
        )

    def ask(self, handler: int, data: list[Any]) -> str:
        """What the handler answered, its last message whole."""
        session = uuid.uuid4().hex
        assert self.join(handler, data, session).status_code == 200
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as events:
            said = [line for line in events.iter_lines() if '"process_' in line or "unexpected" in line]
        return said[-1]

    def upload(self, name: str, content: bytes) -> str:
        return str(self.client.post("/gradio_api/upload", files={"files": (name, content)}).json()[0])


@pytest.fixture
def page(
    small_home: Path, tmp_path: Path, new_hash_encoder: Any, scripted_model: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    from shortlist.serving.web.app import web_application

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    encoder = new_hash_encoder()
    config = Config(home=small_home, encoder=EncoderConfig(name=encoder.name), **GATES)  # type: ignore[arg-type]
    with Home.open(small_home, encoder.name) as home:
        app = web_application(context_over(home, config, encoder, scripted_model([-0.1, -3.0])))
        with running(app) as (url, _, _), httpx.Client(base_url=url, timeout=30) as client:
            yield Page(client, home)


def shapes(path: str) -> list[Any]:
    """Ways to say that a line of the chat is a file."""
    file = {"path": path, "meta": META}
    return [
        file,
        {"path": path},
        {"file": file},
        [{"type": "file", "file": file}],
        {"component": "file", "value": file, "constructor_args": {}, "props": {}},
    ]


def test_a_chat_history_that_names_a_file_is_refused(page: Page, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of the server")
    chat = page.handler("Say something", 3)
    for path in (
        str(secret),
        "/etc/passwd",
        "/proc/self/environ",
        f"{tmp_path}/uploads/../secret.txt",
        "https://a.example",
    ):
        for shape in shapes(path):
            answer = page.join(chat, ["hello", [{"role": "user", "content": shape}], "ann", None], "a")
            assert answer.status_code == 403, shape
    assert not list((tmp_path / "uploads").rglob("secret.txt"))


def test_a_chat_history_of_the_browser_is_not_sent_back(page: Page) -> None:
    line = {"role": "user", "content": ["/etc/passwd", "a picture"]}  # an older way to say that it is a file
    answer = page.ask(page.handler("Say something", 3), ["hello", [line], "ann", None])
    assert "process_completed" in answer
    assert "passwd" not in answer


def test_only_an_uploaded_table_is_ingested(page: Page, tmp_path: Path) -> None:
    ingest = page.handler("A table", 2)
    table = tmp_path / "table.jsonl"
    table.write_bytes(TABLE)
    link = tmp_path / "uploads" / "link.jsonl"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(table)
    for path in (table, link, "file:///etc/passwd", "\0", 7, None):
        given = {"path": path if isinstance(path, int | None) else str(path), "meta": META, "orig_name": "t.jsonl"}
        assert page.join(ingest, ["videos", given], "a").status_code == 403, path
    assert "1 new" in page.ask(ingest, ["videos", {"path": page.upload("table.jsonl", TABLE), "meta": META}])
    assert page.home.catalogue.videos.get("fresh").title == "A fresh video"


def test_what_gradio_reads_is_what_was_checked(page: Page) -> None:
    table = page.upload("table.jsonl", TABLE)
    both = json.dumps({"data": ["videos", {"path": "/etc/passwd", "meta": META}], "fn_index": 0, "session_hash": "a"})
    both = both.replace('"/etc/passwd"', f'"/etc/passwd", "path": {json.dumps(table)}')
    assert page.client.post("/gradio_api/queue/join", content=both).status_code != 403  # only the last counts
    for strange in (b"{", b"[" * 50_000, json.dumps({"path": "/etc/passwd"}).encode("utf-16")):
        assert page.client.post("/gradio_api/queue/join", content=strange).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd", "/gradio_api/file=https://a.example/", "/gradio_api/proxy=https://a.example/",
        "/gradio_api/file/etc/passwd", "/gradio_api/run/_turn", "/gradio_api/call/_turn", "/gradio_api/deep_link",
        "/gradio_api/component_server", "/gradio_api/stream/a/b/0/playlist.m3u8", "//gradio_api/queue/join",
    ],
)  # fmt: skip
def test_routes_that_the_page_does_not_use_are_closed(page: Page, path: str) -> None:
    for method in ("GET", "POST"):
        assert page.client.request(method, path, json={"data": []}).status_code == 404


def test_an_upload_is_not_handed_out(page: Page) -> None:
    assert page.client.get(f"/gradio_api/file={page.upload('table.jsonl', TABLE)}").status_code == 404


def test_with_keys_the_page_asks_for_one_that_may_write(page: Page) -> None:
    def status(scope: str) -> int:
        return page.client.get("/config", auth=("any", page.home.catalogue.keys.create(scope)[1])).status_code

    assert status("write") == 200
    assert [status(scope) for scope in ("read", "operate", "reader:ann")] == [401, 401, 401]
    assert page.client.get("/config").status_code == 401
