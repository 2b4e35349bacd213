"""The page's files: media in ranges of bytes, pictures, drawings, and who gets them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from shortlist.serving.web.drawing import draw
from tests.recordings import record, tone
from tests.serving.conftest import Served

pytestmark = pytest.mark.servers


def keep_file(site: Served, video_id: str, path: Path) -> None:
    """Store `path` as the file from which a video was ingested."""
    status = path.stat()
    site.home.catalogue.locations.put(str(path), f"{status.st_size}:{status.st_mtime_ns}", video_id)


@pytest.fixture
def site(serve_site: Any, small_home: Path) -> Iterator[Served]:
    with serve_site(small_home) as served:
        yield served


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return record(tmp_path / "clip.webm", picture=True, seconds=2)


def test_a_file_is_served_whole_and_in_ranges(site: Served, clip: Path) -> None:
    content, address = clip.read_bytes(), "/page/media/v01"
    keep_file(site, "v01", clip)
    whole = site.client.get(address)
    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, content, "bytes")
    assert whole.headers["content-type"] == "video/webm"
    part = site.client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
    last = site.client.get(address, headers={"Range": "bytes=-5"})
    assert (last.status_code, last.content) == (206, content[-5:])
    beyond = site.client.get(address, headers={"Range": f"bytes={len(content)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
    assert site.get("/page/files?video=v01&video=v02")["files"] == ["v01"]


def test_only_the_file_that_was_ingested_is_served(site: Served, clip: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of the server")
    keep_file(site, "v01", clip)
    clip.unlink()
    clip.symlink_to(secret)
    video = {"id": "v99", "title": "A trap", "url": str(secret), "transcript": "Words."}
    site.post("/v1/videos", {"videos": [video]})
    site.home.catalogue.locations.put("https://example.org/a", "", "v02")
    site.home.catalogue.locations.put("relative.mp4", "", "v03")
    for name in ("v01", "v02", "v03", "v99", "none", str(secret), "..%2f..%2fetc%2fpasswd"):
        assert site.client.get(f"/page/media/{name}").status_code == 404, name


def test_a_changed_file_is_another_video(site: Served, clip: Path) -> None:
    keep_file(site, "v01", clip)
    os.utime(clip, ns=(1, 1))
    assert site.client.get("/page/media/v01").status_code == 404


def test_a_picture_is_the_stored_one_or_a_frame_or_drawn(site: Served, clip: Path, tmp_path: Path) -> None:
    site.home.pictures.put("v01", b"\xff\xd8\xff stored")
    keep_file(site, "v02", clip)
    keep_file(site, "v03", record(tmp_path / "sound.wav", [tone(1)]))
    stored, frame, drawn = (site.client.get(f"/page/pictures/{name}") for name in ("v01", "v02", "v03"))
    assert stored.content == b"\xff\xd8\xff stored"
    assert frame.headers["content-type"] == "image/jpeg"
    assert frame.content.startswith(b"\xff\xd8\xff")
    assert site.home.pictures.get("v02") is not None
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert "script-src" not in drawn.headers["content-security-policy"]
    assert site.client.get("/page/pictures/none").status_code == 404


def test_a_drawing_is_well_formed_and_always_the_same() -> None:
    first = draw('<script>"&', "A <channel>")
    assert first == draw('<script>"&', "A <channel>")
    assert first != draw("another", "A <channel>")
    assert {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(first).iter()} <= {
        "svg", "style", "rect", "g", "path", "circle",
    }  # fmt: skip


def test_every_response_has_security_headers(site: Served) -> None:
    for path, policy in (
        ("/", "script-src 'self';"),
        ("/static/main.js", "default-src 'none'"),
        ("/v1/none", "default-src 'none'"),
    ):
        headers = site.client.get(path).headers
        assert policy in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


def test_mcp_and_the_page_are_one_server(site: Served) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    start = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    accept = {"Accept": "application/json, text/event-stream"}
    assert site.client.post("/mcp", json=start, headers=accept).status_code == 200
    assert site.client.post("/mcp", json=start, headers={**accept, "Origin": "https://evil.example"}).status_code == 403
    started = site.get("/page/start")
    assert (started["readers"], started["method"]) == (["ann", "new"], "yesno")
    metrics = site.client.get("/metrics").text
    for route in ("/mcp", "/page/start"):
        assert f'route="{route}"' in metrics


def test_a_session_is_a_cookie_that_scripts_and_other_sites_cannot_use(site: Served) -> None:
    _, write = site.home.catalogue.keys.create("write")
    _, own = site.home.catalogue.keys.create("reader:ann")
    assert site.client.get("/page/start").status_code == 401
    assert site.client.get("/").status_code == site.client.get("/static/main.js").status_code == 200
    assert site.client.post("/page/session", json={"key": "sl_wrong"}).status_code == 401
    elsewhere = {"Origin": "http://localhost:1"}
    assert site.client.post("/page/session", json={"key": write}, headers=elsewhere).status_code == 403
    signed = site.client.post("/page/session", json={"key": write})
    assert signed.status_code == 204
    cookie = signed.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    forwarded = {"X-Forwarded-Proto": "https"}
    assert (
        "secure"
        in site.client.post("/page/session", json={"key": write}, headers=forwarded).headers["set-cookie"].lower()
    )
    assert site.client.post("/page/session", json={"key": write}).status_code == 204
    assert site.get("/page/start")["may"] == {"write": True, "store": True, "chat": True}
    for origin in ("https://evil.example", "http://localhost:1", "null"):
        assert site.client.get("/page/start", headers={"Origin": origin}).status_code == 403
    assert site.client.get("/page/start", headers={"Origin": site.url}).status_code == 200
    picture = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert site.client.get("/page/media/v01", headers=picture).status_code == 403
    assert site.client.get("/page/start", headers={**picture, "Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert site.client.post("/page/session", json={"key": own}).status_code == 204
    start = site.get("/page/start")
    assert (start["readers"], start["reader"]) == (["ann"], "ann")
    assert start["may"] == {"write": False, "store": True, "chat": False}
    assert site.client.get("/lab").status_code == 403
    assert site.client.delete("/page/session").status_code == 204
    assert site.client.get("/page/start").status_code == 401


def test_a_reader_undoes_their_own_events_only(site: Served) -> None:
    _, own = site.home.catalogue.keys.create("reader:ann")
    _, read = site.home.catalogue.keys.create("read")
    _, write = site.home.catalogue.keys.create("write")
    keys = {
        name: {"Authorization": f"Bearer {secret}"} for name, secret in (("own", own), ("read", read), ("write", write))
    }
    event = {"item_id": "v03", "kind": "video", "action": "like"}
    both = [{**event, "user_id": "ann", "event_id": "e1"}, {**event, "user_id": "new", "event_id": "e2"}]
    site.post("/v1/events", {"events": both}, headers=keys["write"])

    def undo(event_id: str, key: str) -> int:
        return site.client.delete(f"/v1/events/{event_id}", headers=keys[key]).status_code

    assert [undo("e1", "read"), undo("e2", "own"), undo("e3", "own"), undo("e1", "own")] == [403, 404, 404, 200]
    assert [undo("e2", "write"), undo("e2", "write")] == [200, 404]
