"""A reader is handed out and erased over HTTP by their own key or an operator's, and by no other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.types import Event
from shortlist.store.home import Home

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)

pytestmark = pytest.mark.servers


def test_a_video_and_an_article_are_forgotten_by_an_operator(serve: Any, small_home: Path) -> None:
    with Home.open(small_home) as home:
        secrets = {scope: home.catalogue.keys.create(scope)[1] for scope in ("write", "operate")}
        shown = next(iter(home.catalogue.videos.ids()))
        home.catalogue.events.add([Event("ann", "news", "article", "view", NOW)])
    headers = {scope: {"Authorization": f"Bearer {secret}"} for scope, secret in secrets.items()}
    with serve(small_home) as api:
        path = f"/v1/videos/{shown}?forget=true"
        assert api.client.delete(path, headers=headers["write"]).status_code == 403
        assert api.client.delete("/v1/articles/news", headers=headers["write"]).status_code == 403
        gone = api.done(api.client.delete(path, headers=headers["operate"]))
        assert (gone["removed"], gone["receipt"]["items"][0]["erased"]["videos"]) == (shown, 1)
        assert api.client.get(f"/v1/videos/{shown}", headers=headers["write"]).status_code == 404
        assert api.client.delete(path, headers=headers["operate"]).status_code == 404
        gone = api.done(api.client.delete("/v1/articles/news", headers=headers["operate"]))
        assert gone["receipt"]["items"][0]["erased"]["events"] == 1


def test_a_reader_is_erased_and_no_longer_answered(serve: Any, small_home: Path) -> None:
    with Home.open(small_home) as home:
        secrets = {scope: home.catalogue.keys.create(scope)[1] for scope in ("write", "reader:ann", "operate")}
    headers = {scope: {"Authorization": f"Bearer {secret}"} for scope, secret in secrets.items()}
    with serve(small_home) as api:
        assert api.get("/v1/recommend/ann", headers=headers["write"])["recommendations"]
        exported = api.get("/v1/readers/ann/export", headers=headers["reader:ann"])
        assert len(exported["events"]) == 3
        assert api.client.get("/v1/readers/ann/export", headers=headers["operate"]).status_code == 403
        assert api.client.delete("/v1/readers/ann", headers=headers["write"]).status_code == 403
        assert api.client.delete("/v1/readers/new", headers=headers["reader:ann"]).status_code == 403
        receipt = api.done(api.client.delete("/v1/readers/ann", headers=headers["reader:ann"]))
        assert receipt["readers"][0]["erased"]["events"] == 3
        assert api.client.get("/v1/recommend/ann", headers=headers["write"]).status_code == 404
        assert api.client.get("/v1/readers/ann", headers=headers["reader:ann"]).status_code == 401
        gone = api.client.delete("/v1/readers/ann", headers=headers["operate"])
        assert (gone.status_code, gone.json().get("nearest", [])) == (404, [])
        api.done(api.client.delete("/v1/readers/new", headers=headers["operate"]))
