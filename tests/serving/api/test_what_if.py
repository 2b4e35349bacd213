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
        found = api.post("/v1/whatif?k=5", {"user_id": "ann", "objective": {"categories": {"Moon": -1}}})
        before = {move["before"]: move["video_id"] for move in found["moves"]}
        assert [before[rank] for rank in range(1, 6)] == usual
        fallen = [move for move in found["moves"] if move["leg"] == "objective"]
        assert fallen
        assert {move["category"] for move in fallen} == {"Moon"}
        assert all(move["before"] < (move["after"] or 101) for move in fallen)
        assert api.ids("/v1/recommend/ann?k=5") == usual


def test_the_counterfactual_of_a_video_of_the_list(serve: Any, small_home: Path) -> None:
    with serve(small_home) as api:
        first = api.ids("/v1/recommend/ann?k=1")[0]
        found = api.get(f"/v1/counterfactual?user=ann&video={first}&k=1")
        assert found["video_id"] == first
        assert {one["item_id"] for one in found["without"]} <= {"v01", "v05", "v09"}
        seen = api.get("/v1/counterfactual?user=ann&video=v01&k=1")
        assert (seen["without"], seen["sentence"]) == ([], "the best 1 of the retrieval do not have it")
        assert api.client.get("/v1/counterfactual?user=ann&video=nothing").status_code == 404


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


def test_a_stored_objective_is_in_every_list_and_can_be_cleared(serve: Any, small_home: Path) -> None:
    with Home.open(small_home) as home:
        secret = home.catalogue.keys.create("reader:ann")[1]
    headers = {"Authorization": f"Bearer {secret}"}
    with serve(small_home) as api:
        path, wanted = "/v1/readers/ann/objective", {"categories": {"Bread": 1, "Moon": 0}, "length_s": 50}
        usual = api.ids("/v1/recommend/ann", headers=headers)
        stored = api.done(api.client.put(path, json=wanted, headers=headers))
        assert (stored["categories"], stored["words"]) == ({"Bread": 1.0}, ["more Bread", "up to 0:50"])
        assert api.get(path, headers=headers) == stored
        listed = api.get("/v1/recommend/ann", headers=headers)["recommendations"]
        assert [item["video_id"] for item in listed] != usual
        assert all("objective" in item["stages"] for item in listed)
        assert api.get("/v1/readers/ann/export", headers=headers)["objective"]
        assert api.client.put("/v1/readers/new/objective", json=wanted, headers=headers).status_code == 403
        api.done(api.client.put(path, json={}, headers=headers))
        assert api.ids("/v1/recommend/ann", headers=headers) == usual
