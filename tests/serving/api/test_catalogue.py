"""Lists of readers and videos, similar videos, deleted videos, and the page that describes the API."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.servers


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def pages(api: Any, path: str, name: str, limit: int) -> list[list[str]]:
    """The ids of each page of a list."""
    found, after = [], ""
    while after is not None:
        page = api.get(path, params={"after": after, "limit": limit})
        found.append([item.get("video_id") or item["user_id"] for item in page[name]])
        after = page["next"]
    return found


def test_a_list_has_every_record_once_in_pages(fixed: Any) -> None:
    ids = [f"v{at:02}" for at in range(40)]
    assert pages(fixed, "/v1/videos", "videos", 16) == [ids[:16], ids[16:32], ids[32:]]
    assert pages(fixed, "/v1/videos", "videos", 20) == [ids[:20], ids[20:]]
    assert pages(fixed, "/v1/readers", "readers", 1) == [["ann"], ["new"]]
    first = fixed.get("/v1/videos", params={"limit": 1})["videos"][0]
    assert (first["title"], first["channel"]) == ("Video 0 about bread", "Channel 0")
    assert fixed.client.get("/v1/videos", params={"limit": 0}).status_code == 422


def test_similar_videos_are_about_the_same(fixed: Any) -> None:
    hits = fixed.get("/v1/videos/v01/similar", params={"k": 5})["hits"]
    assert len(hits) == 5
    assert "v01" not in {hit["video_id"] for hit in hits}
    assert {hit["category"] for hit in hits} == {"Moon"}
    assert {hit["channel"] for hit in hits} <= {"Channel 0", "Channel 1", "Channel 2"}
    assert fixed.client.get("/v1/videos/nothing/similar").status_code == 404


def test_a_deleted_video_is_in_no_list(api: Any) -> None:
    assert api.done(api.client.delete("/v1/videos/v13")) == {"removed": "v13"}
    assert api.client.get("/v1/videos/v13").status_code == 404
    assert "v13" not in {hit["video_id"] for hit in api.get("/v1/search", params={"text": "moon", "k": 100})["hits"]}
    assert "v13" not in pages(api, "/v1/videos", "videos", 100)[0]
    assert "v13" not in api.ids("/v1/recommend/ann", params={"k": 40})
    assert api.client.delete("/v1/videos/v13").status_code == 404


def test_a_deleted_liked_video_leaves_the_reader_readable(api: Any) -> None:
    api.done(api.client.delete("/v1/videos/v01"))
    assert api.ids("/v1/recommend/ann", params={"k": 3})
    assert api.get("/v1/readers/ann")["events"] == 3


def test_lists_of_readers_and_deletion_need_the_scope(api: Any) -> None:
    keys = {scope: api.home.catalogue.keys.create(scope)[1] for scope in ("reader:ann", "read", "write", "operate")}

    def status(scope: str, method: str, path: str) -> int:
        return int(api.client.request(method, path, headers=bearer(keys[scope])).status_code)

    assert [status(scope, "GET", "/v1/readers") for scope in keys] == [403, 200, 200, 403]
    assert [status(scope, "GET", "/v1/videos") for scope in keys] == [200, 200, 200, 403]
    assert [status(scope, "DELETE", "/v1/videos/v02") for scope in keys] == [403, 403, 200, 403]


def test_a_dislike_is_accepted(api: Any) -> None:
    event = {"user_id": "ann", "item_id": "Channel 1", "kind": "channel", "action": "dislike"}
    assert api.post("/v1/events", {"events": [event]})["results"][0]["status"] == "new"


def test_the_description_page_loads_files_of_this_server_only(api: Any) -> None:
    api.home.catalogue.keys.create("write")
    page = api.client.get("/docs")  # without a key
    sources = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert sources
    assert all(source.startswith("/docs/files/") for source in sources)
    for source in sources:
        assert api.client.get(source).status_code == 200
    assert "http" not in page.headers["content-security-policy"]
    assert api.client.get("/openapi.json").status_code == 200
    assert api.client.get("/docs?theme=dark").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/v1/rank"), ("post", "/v1/chat"), ("post", "/v1/events"), ("post", "/v1/videos")],
)
def test_each_body_has_an_example(fixed: Any, method: str, path: str) -> None:
    described = fixed.get("/openapi.json")["paths"][path][method]["requestBody"]["content"]["application/json"]
    assert "examples" in str(described["schema"])


@pytest.mark.servers
def test_a_browser_shows_the_description(api: Any, browser: Any) -> None:
    page = browser.new_page()
    requests, problems = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(f"{api.url}/docs")
    page.get_by_text("/similar").first.wait_for()
    assert all(url.startswith((api.url, "data:")) for url in requests)
    assert not problems
    page.close()
