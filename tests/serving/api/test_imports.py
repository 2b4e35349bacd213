"""A history is imported over HTTP: seen first, stored once, and undone; by its reader, and by nobody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shortlist.store.home import Home
from tests.ingest.history.samples import firefox
from tests.ingest.history.takeout_exports import archive, watched

PATH = "/v1/imports"

pytestmark = pytest.mark.servers


def takeout(folder: Path, number: int = 5) -> bytes:
    return archive(folder / "takeout.zip", {"h.json": [watched(one) for one in range(number)]}).read_bytes()


def test_a_history_gets_in_and_out_again(serve: Any, small_home: Path, tmp_path: Path) -> None:
    body = takeout(tmp_path)
    with serve(small_home) as api:
        query = {"name": "C:\\Users\\me\\takeout.zip", "user_id": "me"}
        seen = api.done(api.client.post(PATH, params={**query, "dry_run": True}, content=body))
        assert (seen["imported"], seen["found"]["counts"]) == (None, {"watches": 5})
        assert seen["lines"][0] == "takeout.zip: YouTube history (JSON)"
        assert api.get(f"{PATH}?user_id=me")["imports"] == []
        done = api.done(api.client.post(PATH, params=query, content=body))
        assert (done["imported"]["new"], done["imported"]["titles"]) == (5, 5)
        assert done["lines"][-1].startswith("You watch ")
        assert api.get("/v1/recommend/me")["recommendations"]
        again = api.done(api.client.post(PATH, params=query, content=body))
        assert (again["imported"]["new"], again["imported"]["known"]) == (0, 5)
        batches = [one["id"] for one in api.get(f"{PATH}?user_id=me")["imports"]]
        for batch in reversed(batches):
            undone = api.done(api.client.delete(f"{PATH}/{batch}"))
        assert (undone["events"], undone["titles"]) == (5, 5)
        assert api.client.get("/v1/readers/me").status_code == 404
        assert api.client.delete(f"{PATH}/1").status_code == 404


def test_pages_of_a_browser_need_their_domain(serve: Any, small_home: Path, tmp_path: Path) -> None:
    body = firefox(tmp_path / "places.sqlite").read_bytes()
    with serve(small_home) as api:
        query = {"name": "places.sqlite", "user_id": "me"}
        seen = api.done(api.client.post(PATH, params={**query, "dry_run": True}, content=body))
        assert seen["found"]["domains"] == {"lwn.net": 1, "example.org": 1}
        wrong = api.client.post(PATH, params={**query, "domain": "bank.example"}, content=body)
        assert (wrong.status_code, "one of lwn.net" in wrong.json()["detail"]) == (422, True)
        done = api.done(api.client.post(PATH, params={**query, "domain": ["lwn.net"]}, content=body))
        assert done["imported"]["new"] == 2


def test_what_is_no_history_is_refused_in_words(serve: Any, small_home: Path) -> None:
    with serve(small_home, upload_bytes=1000) as api:
        for body in (b"", b"bread, milk", b"PK\x03\x04" + b"\0" * 50):
            refused = api.client.post(PATH, params={"name": "notes.txt"}, content=body)
            assert (refused.status_code, "expected" in refused.json()["detail"]) == (422, True)
        assert api.client.post(PATH, params={"name": "a.zip"}, content=b"a" * 2000).status_code == 413
        assert api.client.post(PATH, content=b"a").status_code == 422


def test_a_reader_imports_their_own_history_only(serve: Any, small_home: Path, tmp_path: Path) -> None:
    with Home.open(small_home) as home:
        secrets = {scope: home.catalogue.keys.create(scope)[1] for scope in ("reader:ann", "read", "write")}
    headers = {scope: {"Authorization": f"Bearer {secret}"} for scope, secret in secrets.items()}
    body = json.dumps([watched(1)]).encode()
    with serve(small_home) as api:

        def post(scope: str, **query: Any) -> Any:
            return api.client.post(PATH, params={"name": "h.json", **query}, content=body, headers=headers[scope])

        assert post("read", user_id="ann").status_code == 403
        assert post("reader:ann", user_id="bob").status_code == 403
        assert post("reader:ann", user_id="ann", follow=True).status_code == 403
        batch = api.done(post("reader:ann", user_id="ann"))["imported"]["batch"]
        assert post("write", user_id="bob").status_code == 200
        assert api.client.get(PATH, params={"user_id": "bob"}, headers=headers["reader:ann"]).status_code == 403
        assert api.client.delete(f"{PATH}/{batch + 1}", headers=headers["reader:ann"]).status_code == 403
        api.done(api.client.delete(f"{PATH}/{batch}", headers=headers["reader:ann"]))
