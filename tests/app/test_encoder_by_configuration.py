"""A home remembers its encoder, refuses another or other weights, and changes to them without losing its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.app.rebuild import rebuild
from shortlist.core.config import Config, EncoderConfig
from shortlist.core.errors import HomeVersion, ModelFailed
from shortlist.core.ranking import FloatArray
from shortlist.core.types import Video
from shortlist.engine.build import encoder_of, open_home, open_recommender
from shortlist.models.encoders.loader import register_encoder
from shortlist.store.embed import BATCH
from shortlist.store.outbox import deliver
from tests.embedding_stand_in import EmbeddingStandIn, embedding_stand_in
from tests.ollama_stand_in import as_json

pytestmark = pytest.mark.integration

OLD, NEW = "ollama:old-model", "ollama:new-model"


def settings(home: Path, url: str, encoder: str) -> Config:
    return Config.model_validate({"home": home, "encoder": {"name": encoder}, "llm": {"ollama_url": url}})


def test_a_rebuild_with_another_encoder_goes_on_where_its_server_failed(tmp_path: Path, hash_encoder: Any) -> None:
    with embedding_stand_in(hash_encoder) as server:
        old, new = (settings(tmp_path / "home", server.url, name) for name in (OLD, NEW))
        with open_home(old, create=True) as home:
            with home.writing():
                home.catalogue.videos.put([Video(f"v{at}", f"Title {at}") for at in range(3 * BATCH)])
            deliver(home, encoder_of(old))
        with pytest.raises(HomeVersion, match=f"expected the encoder {OLD}.*found {NEW}.*rebuild --encoder {NEW}"):
            open_home(new)

        server.asked.clear()
        full = as_json({"error": "out of memory"}, 500)
        server.reply = lambda texts: full if len(asked_after_the_first(server)) > 2 * BATCH else None
        with open_home(new, any_encoder=True) as home, pytest.raises(ModelFailed, match="out of memory"):
            rebuild(home, new, NEW)
        encoded = asked_after_the_first(server)[: 2 * BATCH]

        server.asked.clear()
        server.reply = None
        with open_home(new) as home:
            rebuild(home, new, NEW)
            again = asked_after_the_first(server)
            assert len(again) == BATCH
            assert not set(again) & set(encoded)
            assert len(open_recommender(home, new).search("Title 3", 3).recommendations) == 3


def asked_after_the_first(server: EmbeddingStandIn) -> list[str]:
    """The texts that were encoded; the first request only asks how long a vector is."""
    return [text for texts in server.asked[1:] for text in texts]


class FromFolder:
    """An encoder whose vectors are seeded by its weights, a file in the folder it is named after, and `max_chunks`."""

    dim = 8

    def __init__(self, config: EncoderConfig) -> None:
        self.name = config.name
        self._seed = (Path(config.name) / "weights").read_text() + str(config.max_chunks)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        rows = np.array([np.random.default_rng([*map(ord, self._seed + text)]).normal(size=self.dim) for text in texts])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("change", ["trained again", "other windows"])
def test_vectors_of_the_same_encoder_as_it_was_are_refused_and_not_kept(change: str, tmp_path: Path) -> None:
    register_encoder(str(tmp_path / "encoder"), FromFolder)
    weights = tmp_path / "encoder" / "weights"
    weights.parent.mkdir()
    weights.write_text("first")
    config = Config.model_validate({"home": tmp_path / "home", "encoder": {"name": str(weights.parent)}})
    with open_home(config, create=True) as home:
        with home.writing():
            home.catalogue.videos.put([Video("v", "A title")])
        deliver(home, encoder_of(config))
    with open_home(config) as home:
        open_recommender(home, config)

    if change == "trained again":
        weights.write_text("again")
    else:
        config = config.model_copy(update={"encoder": config.encoder.model_copy(update={"max_chunks": 1})})
    with pytest.raises(HomeVersion, match=r"expected the weights, precision and max_chunks .*doctor rebuild`"):
        open_home(config)
    with open_home(config, any_encoder=True) as home:
        rebuild(home, config)
    with open_home(config) as home:
        vectors = open_recommender(home, config).snapshot.vectors_of("video", ["v"])
        np.testing.assert_allclose(vectors["v"], encoder_of(config)().encode(["A title"])[0], atol=1e-3)


def test_a_rebuild_takes_no_other_encoder_unasked(tmp_path: Path) -> None:
    home, other = (Config.model_validate({"home": tmp_path, "encoder": {"name": name}}) for name in ("one", "other"))
    open_home(home, create=True).close()
    with open_home(other, any_encoder=True) as opened, pytest.raises(HomeVersion, match="rebuild --encoder other"):
        rebuild(opened, other)
