"""The laboratory takes no file but an uploaded one, and hands out none, whatever a request names."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from shortlist.store.home import Home

pytestmark = pytest.mark.servers

META = {"_type": "gradio.FileData"}
TABLE = b'{"id": "fresh", "title": "A fresh video", "transcript": "Fresh words."}\n'


@dataclass
class Page:
    """A running laboratory, asked as its own JavaScript asks."""

    client: httpx.Client
    home: Home

    def handler(self, label: str, outputs: int) -> int:
        """The number of the handler that reads the input called `label` and has so many outputs."""
        config = self.client.get("/lab/config").json()
        named = {one["id"] for one in config["components"] if one["props"].get("label", "").startswith(label)}
        found = [one for one in config["dependencies"] if named & set(one["inputs"]) and len(one["outputs"]) == outputs]
        return int(found[0]["id"])

    def join(self, handler: int, data: list[Any], session: str) -> httpx.Response:
        return self.client.post(
            "/lab/gradio_api/queue/join", json={"data": data, "fn_index": handler, "session_hash": session}
        )

    def ask(self, handler: int, data: list[Any]) -> str:
        """Return the handler's last message."""
        session = uuid.uuid4().hex
        assert self.join(handler, data, session).status_code == 200
        with self.client.stream("GET", "/lab/gradio_api/queue/data", params={"session_hash": session}) as events:
            said = [line for line in events.iter_lines() if '"process_' in line or "unexpected" in line]
        return said[-1]

    def upload(self, name: str, content: bytes) -> str:
        return str(self.client.post("/lab/gradio_api/upload", files={"files": (name, content)}).json()[0])


@pytest.fixture
def page(small_home: Path, tmp_path: Path, serve_site: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    with serve_site(small_home) as site:
        yield Page(site.client, site.home)


def shapes(path: str) -> list[Any]:
    """Ways to say that a value is a file."""
    file = {"path": path, "meta": META}
    return [
        file,
        {"path": path},
        {"file": file},
        [{"type": "file", "file": file}],
        {"component": "file", "value": file, "constructor_args": {}, "props": {}},
    ]


def test_a_click_that_names_a_file_is_refused(page: Page, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of the server")
    compare = page.handler("Reader to compare", 3)
    for path in (
        str(secret),
        "/etc/passwd",
        "/proc/self/environ",
        f"{tmp_path}/uploads/../secret.txt",
        "https://a.example",
    ):
        for shape in shapes(path):
            assert page.join(compare, [shape, "", "default", "bm25"], "a").status_code == 403, shape
    assert not list((tmp_path / "uploads").rglob("secret.txt"))


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
    assert page.client.post("/lab/gradio_api/queue/join", content=both).status_code != 403  # only the last counts
    for strange in (b"{", b"[" * 50_000, json.dumps({"path": "/etc/passwd"}).encode("utf-16")):
        assert page.client.post("/lab/gradio_api/queue/join", content=strange).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "file=/etc/passwd", "file=https://a.example/", "proxy=https://a.example/", "file/etc/passwd", "run/_compare",
        "call/_compare", "deep_link", "component_server", "stream/a/b/0/playlist.m3u8", "/queue/join",
    ],
)  # fmt: skip
def test_routes_that_the_page_does_not_use_are_closed(page: Page, path: str) -> None:
    for method in ("GET", "POST"):
        assert page.client.request(method, f"/lab/gradio_api/{path}", json={"data": []}).status_code == 404


def test_an_upload_is_not_handed_out(page: Page) -> None:
    assert page.client.get(f"/lab/gradio_api/file={page.upload('table.jsonl', TABLE)}").status_code == 404


def test_with_keys_the_laboratory_asks_for_one_that_may_write(page: Page) -> None:
    def status(scope: str) -> int:
        secret = page.home.catalogue.keys.create(scope)[1]
        return page.client.get("/lab/config", headers={"Authorization": f"Bearer {secret}"}).status_code

    assert status("write") == 200
    assert [status(scope) for scope in ("read", "operate", "reader:ann")] == [403, 403, 403]
    assert page.client.get("/lab/config").status_code == 401
