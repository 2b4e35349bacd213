"""What-if lists over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shortlist.store.home import Home

pytestmark = pytest.mark.servers


def test_a_change_moves_the_list_and_is_not_stored(serve: Any, small_home: Path) -> None:
    with serve(small_home) as api:
        usual = api.ids("/v1/recommend/ann?k=5")
        found = api.post("/v1/whatif?k=5", {"user_id": "ann", "objective": {"categories": {"Bread": 1}}})
        before = {move["before"]: move["video_id"] for move in found["moves"]}
        assert [before[rank] for rank in range(1, 6)] == usual
        assert found["moves"][0]["category"] == "Bread"
        assert found["moves"][0]["leg"] == "objective"
        assert api.ids("/v1/recommend/ann?k=5") == usual


def test_the_counterfactual_of_a_video_of_the_list(serve: Any, small_home: Path) -> None:
    with serve(small_home) as api:
        first = api.ids("/v1/recommend/ann?k=1")[0]
        found = api.get(f"/v1/counterfactual?user=ann&video={first}&k=1")
        assert found["video_id"] == first
        assert {one["item_id"] for one in found["without"]} <= {"v01", "v05", "v09"}
        refused = api.client.get("/v1/counterfactual?user=ann&video=v01&k=1")  # seen, so not in the list
        assert refused.status_code == 404


def test_the_key_of_a_reader_asks_for_that_reader_only(serve: Any, small_home: Path) -> None:
    with Home.open(small_home) as home:
        secret = home.catalogue.keys.create("reader:ann")[1]
    with serve(small_home) as api:
        headers = {"Authorization": f"Bearer {secret}"}
        assert api.post("/v1/whatif", {"user_id": "ann", "without": ["v01"]}, headers=headers)["moves"]
        assert api.client.post("/v1/whatif", json={"user_id": "new"}, headers=headers).status_code == 403
        assert api.client.get("/v1/counterfactual?user=new&video=v01", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "change", [{"without": ["nothing"]}, {"weights": {"nothing": 1}}, {"objective": {"categories": {"Bread": 2}}}]
)
def test_an_impossible_change_is_refused(serve: Any, small_home: Path, change: dict[str, Any]) -> None:
    with serve(small_home) as api:
        assert api.client.post("/v1/whatif", json={"user_id": "ann", **change}).status_code in (400, 422)
