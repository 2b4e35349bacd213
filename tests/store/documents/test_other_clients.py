"""The documents of a home in other people's hands: any Chroma or LangChain client opens and queries them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.config import Settings
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings

from shortlist.core.config import StoreConfig
from shortlist.core.types import Video
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

QUIET = Settings(anonymized_telemetry=False)
WISH = "Is my sourdough starter dead?"


class OurEmbeddings(Embeddings):
    """A Shortlist encoder for LangChain."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._encoder.encode(texts).tolist()

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


@pytest.fixture
def path(sample_home: Path, tmp_path: Path) -> Path:
    """A home with all of sample/ that may be changed."""
    return shutil.copytree(sample_home, tmp_path / "home")


@pytest.fixture
def langchain(path: Path, encoder: Encoder) -> Iterator[Chroma]:
    """The vector store of LangChain over it."""
    store = Chroma("documents", OurEmbeddings(encoder), str(path / "chroma"), client_settings=QUIET)
    yield store
    store._client.close()


def test_langchain_finds_a_video(path: Path, langchain: Chroma) -> None:
    with Home.open(path) as home:
        titles = {video.id: video.title for _, video in home.catalogue.videos.iterate()}
    found = langchain.similarity_search(WISH, k=3, filter={"facet": "transcript"})
    assert "sourdough" in titles[found[0].metadata["item_id"]].lower()
    assert found[0].page_content.startswith(titles[found[0].metadata["item_id"]])
    assert found[0].id == f"transcript:{found[0].metadata['item_id']}"
    assert {one.metadata["facet"] for one in langchain.as_retriever().invoke(WISH)} <= {
        "transcript", "summary", "article",
    }  # fmt: skip


def test_a_plain_client_finds_it_too(path: Path, encoder: Encoder) -> None:
    client = chromadb.PersistentClient(str(path / "chroma"), settings=QUIET)
    collection = client.get_collection("documents", embedding_function=None)
    found = collection.query(encoder.encode([WISH]), n_results=1, where={"kind": "video"})
    client.close()  # type: ignore[attr-defined]  # the declared type lacks it
    assert found["metadatas"] is not None
    assert "sourdough" in str(found["metadatas"][0][0]["title"]).lower()


def test_the_home_goes_on_after_others_have_read_it(path: Path, langchain: Chroma, encoder: Encoder) -> None:
    assert langchain.similarity_search(WISH, k=1)
    langchain._client.close()
    with Home.open(path) as home:
        before = home.documents.count()
        with home.writing():
            home.catalogue.videos.put([Video("new", "A new video")])
        assert deliver(home, lambda: encoder) == 1
        assert home.documents.count() == before + 1


def test_on_a_server_the_collection_is_named_after_the_home(
    servers: StoreConfig, tmp_path: Path, hash_encoder: Any
) -> None:
    with Home.open(tmp_path / "home", "hash-32", servers) as home, home.writing():
        home.catalogue.videos.put([Video("a", "Apples")])
        deliver(home, lambda: hash_encoder)
        name = f"shortlist-{home.home_id}"
    host, _, port = str(servers.chroma).removeprefix("http://").partition(":")
    store = Chroma(name, OurEmbeddings(hash_encoder), host=host, port=int(port), client_settings=QUIET)
    (found,) = store.similarity_search("Apples", k=1)
    assert found.metadata["item_id"] == "a"
