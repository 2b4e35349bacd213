"""Nothing that can be sent breaks the server or shows its inside."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.servers

FEW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
IDS = st.text(max_size=40) | st.sampled_from(
    ["..", "../../etc/passwd", "a/b", "%00", "\x00", "ann ", "A" * 3000, "' OR 1=1"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def fine(answer: httpx.Response) -> None:
    """Answered, or refused as the caller's own fault."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text
    answer.json()


@FEW
@given(user=IDS, about=IDS)
def test_odd_ids_and_wishes(fixed: Any, user: str, about: str) -> None:
    path = quote(user, safe="", errors="surrogatepass")
    for address in (f"/v1/recommend/{path}", f"/v1/readers/{path}", f"/v1/videos/{path}"):
        fine(fixed.client.get(address, params={"about": about.encode("utf-8", "replace").decode(), "rerank": "none"}))


@FEW
@given(value=JSON)
def test_odd_documents(fixed: Any, value: Any) -> None:
    import json

    for path in ("/v1/rank", "/v1/events", "/v1/videos"):
        for document in (value, {"events": [value]}, {"videos": [value]}, {"events": [{"user_id": value}]}):
            content = json.dumps(document).encode()
            fine(fixed.client.post(path, content=content, headers={"Content-Type": "application/json"}))


@pytest.mark.parametrize(
    "query",
    ["k=1e9", "k=99999999999999999999", "k=-1", "k=", "max_duration=NaN", "max_duration=inf", "max_duration=-0.0",
     "published_after=0001-01-01T00:00:00%2B23:00", "published_after=99999-01-01",
     "published_before=9999-12-31T23:59:59-23:00", "published_after=NaN",
     "about=%ff%fe", "about=%ED%A0%80", "category=%00", "rerank_budget_ms=NaN",
     "include_seen=perhaps", "k=10&k=20", "unknown=1"],
)  # fmt: skip
def test_odd_queries(fixed: Any, query: str) -> None:
    fine(fixed.client.get(f"/v1/recommend/ann?rerank=none&{query}"))
    fine(fixed.client.get(f"/v1/search?text=moon&{query}"))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"NaN", b'{"events": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe",
     b'"\\ud800"', b'{"events": [{"user_id": "\\ud800", "item_id": "a", "kind": "video", "action": "like"}]}',
     b'{"videos": [{"id": "\\ud800", "title": "\\udfff"}]}', b'{"\\ud800": 1}',
     b'{"events": [{"user_id": "u", "item_id": "a", "kind": "video", "action": "like", "dwell_s": NaN}]}',
     b'{"events": [{"user_id": "u", "item_id": "a", "kind": "video", "action": "like", "at": 1e400}]}',
     b'{"message": "\\ud800", "events": [1]}', b'{"user_id": "\\ud800", "candidates": ["\\udc00"]}'],
)  # fmt: skip
def test_odd_bodies(fixed: Any, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/v1/events", "/v1/videos", "/v1/rank"):
        fine(fixed.client.post(path, content=content, headers=headers))
    assert fixed.client.post("/v1/chat", content=content, headers=headers).status_code < 500
    fine(fixed.client.post("/v1/events", content=content, headers={"Content-Type": "text/plain"}))


@pytest.mark.parametrize(
    "message", ["", " ", "\u0000", "why number 99999999999999999999?", "x" * 2000, "recommend -5 for ann", "🙂" * 100]
)
def test_odd_messages(fixed: Any, message: str) -> None:
    answer = fixed.client.post("/v1/chat", json={"message": message, "user": "ann"})
    assert answer.status_code == 200
    assert "event: reply" in answer.text
