"""Embeddings are the same for every thread and process at once, also for one that reads a snapshot of the content."""

from __future__ import annotations

from typing import Any

import numpy as np

from shortlist.core.types import Video
from shortlist.retrieval.index.indexer import update_index
from shortlist.store.home import Home


def test_a_home_can_be_indexed_before_and_after_anything_is_encoded(home: Home, hash_encoder: Any) -> None:
    with home.writing():
        home.catalogue.videos.put([Video("a", "A"), Video("b", "B")])
    assert list(update_index(home).of_kind("video")) == []
    [part] = update_index(home, lambda: hash_encoder).of_kind("video")
    assert sorted(part.live_ids()) == ["a", "b"]


def test_what_is_written_inside_of_a_snapshot_is_read_there(home: Home) -> None:
    vector = np.ones(32, dtype=np.float32)
    with home.catalogue.snapshot():
        assert home.embeddings.get_many("hash-32", ["one"]) == {}
        home.embeddings.put("hash-32", {"one": vector})
        assert home.embeddings.get_many("hash-32", ["one"])["one"].tolist() == vector.tolist()
