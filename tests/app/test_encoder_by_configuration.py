"""A home whose encoder is a server's: it remembers it, refuses another, and changes to one without losing its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.build import encoder_of, open_home, open_recommender
from app.rebuild import rebuild
from core.config import Config
from core.errors import HomeVersion, ModelFailed
from core.types import Video
from store.outbox import deliver
from tests.embedding_stand_in import embedding_stand_in
from tests.ollama_stand_in import as_json

OLD, NEW = "ollama:old-model", "ollama:new-model"


def settings(home: Path, url: str, encoder: str) -> Config:
    return Config.model_validate({"home": home, "encoder": {"name": encoder}, "llm": {"ollama_url": url}})


def test_a_rebuild_with_another_encoder_goes_on_where_its_server_failed(
    tmp_path: Path, hash_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.outbox.BATCH", 4)
    with embedding_stand_in(hash_encoder) as server:
        old, new = (settings(tmp_path / "home", server.url, name) for name in (OLD, NEW))
        with open_home(old, create=True) as home:
            with home.writing():
                home.catalogue.put_videos([Video(f"v{at}", f"Title {at}") for at in range(12)])
            deliver(home, encoder_of(old))
        with pytest.raises(HomeVersion, match=f"expected the encoder {OLD}.*found {NEW}.*rebuild --encoder {NEW}"):
            open_home(new)

        server.asked.clear()
        server.reply = lambda texts: as_json({"error": "out of memory"}, 500) if len(server.asked) > 3 else None
        with open_home(new, any_encoder=True) as home, pytest.raises(ModelFailed, match="out of memory"):
            rebuild(home, new, NEW)
        encoded = [text for texts in server.asked[1:3] for text in texts]
        assert len(encoded) == 8

        server.asked.clear()
        server.reply = None
        with open_home(new) as home:
            rebuild(home, new, NEW)
            again = [text for texts in server.asked[1:] for text in texts]
            assert len(again) == 4
            assert not set(again) & set(encoded)
            assert len(open_recommender(home, new).search("Title 3", 3).recommendations) == 3
