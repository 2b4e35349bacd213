"""The API keeps to its own description: schemathesis sends what it allows, and what it does not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from shortlist.store.home import Home

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]

OPERATIONS = (
    "GET /v1/recommend/{user}", "GET /v1/recommend/{user}/stream", "POST /v1/rank", "GET /v1/search",
    "GET /v1/readers", "GET /v1/videos", "GET /v1/videos/{video_id}/similar", "DELETE /v1/videos/{video_id}",
    "GET /v1/readers/{user_id}/export", "DELETE /v1/readers/{user_id}",
    "GET /v1/videos/{video_id}", "GET /v1/readers/{user_id}", "POST /v1/events", "DELETE /v1/events/{event_id}",
    "POST /v1/videos", "POST /v1/chat", "GET /healthz", "GET /readyz", "GET /metrics",
)  # fmt: skip
SENDS_NOTHING = ("/healthz", "/readyz", "/metrics")


@pytest.fixture(scope="module")
def described(serve: Any, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The description of a running API over a home of its own, and a key to it."""
    import schemathesis  # takes seconds, which the collection of other tests need not spend

    path = shutil.copytree(small, tmp_path_factory.mktemp("described") / "home")
    with Home.open(path) as home:
        _, secret = home.catalogue.keys.create("write")
    with serve(path, rate_per_s=1e6) as api:
        headers = {"Authorization": f"Bearer {secret}"}
        yield schemathesis.openapi.from_url(f"{api.url}/openapi.json", headers=headers), headers


def test_all_operations_are_described(described: Any) -> None:
    assert {found.ok().label for found in described[0].get_all_operations()} == set(OPERATIONS)


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_as_described(described: Any, operation: str, mode: str) -> None:
    from schemathesis import GenerationMode

    (schema, headers), (method, path) = described, operation.split()
    if mode == "negative" and path in SENDS_NOTHING:
        pytest.skip("takes nothing that could be wrong")

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(case=schema[path][method].as_strategy(generation_mode=GenerationMode(mode)))
    def holds(case: Any) -> None:
        case.call_and_validate(headers=headers)

    holds()
