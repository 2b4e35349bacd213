"""The endpoint of SageMaker: what its two routes answer, with and without keys in the home."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shortlist.serving.sagemaker import create_endpoint
from tests.serving.conftest import Served, serving


@pytest.fixture(scope="module")
def endpoint(
    new_hash_encoder: Any, scripted_model: Any, small: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A running endpoint over a home with a key: IAM decides who may call it."""
    home = shutil.copytree(small, tmp_path_factory.mktemp("endpoint") / "home")
    with serving(create_endpoint, new_hash_encoder, scripted_model)(home) as served:
        served.home.catalogue.keys.create("read")
        yield served


def test_ping_says_that_it_is_ready(endpoint: Served) -> None:
    assert endpoint.get("/ping") == {"status": "ready", "encoder": "loaded"}


def test_recommend_is_the_answer_of_the_api(endpoint: Served) -> None:
    answer = endpoint.post("/invocations", {"recommend": {"user_id": "ann", "k": 3, "rerank": "none"}})
    ids = [one["video_id"] for one in answer["recommendations"]]
    assert len(ids) == 3
    assert not {"v01", "v05", "v09"}.intersection(ids)  # she has seen them


def test_rank_orders_the_candidates(endpoint: Served) -> None:
    asked = {"user_id": "ann", "candidates": ["v02", "v13"], "rerank": "none"}
    answer = endpoint.post("/invocations", {"rank": asked})
    assert [one["video_id"] for one in answer["ranking"]] == ["v13", "v02"]  # v13 is about the moon, which she likes


def test_search_finds_what_a_text_is_about(endpoint: Served) -> None:
    answer = endpoint.post("/invocations", {"search": {"text": "trains", "k": 2}})
    assert len(answer["hits"]) == 2
    assert all("trains" in one["title"] for one in answer["hits"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"recommend": {"user_id": "nobody"}}, 404),
        ({"recommend": {"user_id": "ann"}, "search": {"text": "moon"}}, 422),
        ({}, 422),
        ({"recommend": {"user_id": "ann", "size": 3}}, 422),
        ({"predict": {}}, 422),
    ],
)
def test_what_is_wrong_with_a_request_is_said(endpoint: Served, body: dict[str, Any], status: int) -> None:
    answer = endpoint.client.post("/invocations", json=body)
    assert answer.status_code == status
    assert answer.json()["title"]


def test_nothing_else_of_the_api_is_there(endpoint: Served) -> None:
    for path in ("/v1/recommend/ann", "/metrics", "/docs", "/v1/readers/ann"):
        assert endpoint.client.get(path).status_code == 404
