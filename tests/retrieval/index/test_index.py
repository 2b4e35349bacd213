"""The index files: in step with the home, the same as a rebuild, safe against crashes and damage."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import HomeLocked
from shortlist.core.ranking import Query, Ranking
from shortlist.core.types import Article, Attributed, Enrichment, Video
from shortlist.retrieval.build import build_leg
from shortlist.retrieval.index.indexer import load_snapshot, update_index
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.store.documents.document import video_documents
from tests.killed_child import killed_before

ASKED = np.eye(8, dtype=np.float32)[:1]
QUERIES = [
    Query(k=30, text=text, vectors=ASKED, vector_weights=np.ones(1, dtype=np.float32))
    for text in ("word1 word2", "word5", "word3 word9 word14")
]


def rankings(snapshot: Snapshot) -> list[Ranking]:
    legs = [build_leg(name, snapshot, RetrievalConfig()) for name in ("bm25", "tfidf", "dense", "popular")]
    return [ranking for leg in legs for ranking in leg.search_many(QUERIES)]


def same_results(one: Snapshot, other: Snapshot) -> None:
    for ours, theirs in zip(rankings(one), rankings(other), strict=True):
        assert ours.ids == theirs.ids
        np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-6)


def rebuilt(home: Any) -> Snapshot:
    shutil.rmtree(home.path / "indexes")
    return load_snapshot(home)


def folders(home: Any) -> set[str]:
    return {path.name for path in (home.path / "indexes").glob("segment-*")}


def manifest(home: Any) -> Any:
    return json.loads((home.path / "indexes" / "manifest.json").read_text())


class TestInStep:
    def test_a_new_home_is_empty(self, home: Any) -> None:
        assert len(load_snapshot(home)) == 0

    def test_added_changed_and_removed_step_by_step_equals_a_rebuild(self, home: Any, some_videos: Any) -> None:
        for start in range(0, 200, 20):
            home.catalogue.put(*some_videos(20, start))
            load_snapshot(home)
        home.catalogue.put(*some_videos(30, 55, edition=2))
        home.catalogue.remove("v0003", "v0150")
        patched = load_snapshot(home)
        assert patched.n_live == 198
        assert {"v0003", "v0150"}.isdisjoint(patched.live_ids())
        fresh = rebuilt(home)
        assert len(fresh.parts) == 1
        same_results(patched, fresh)

    def test_a_change_is_seen_by_the_next_snapshot(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(20))
        load_snapshot(home)
        home.catalogue.put(Video("v0004", "zebra"))
        found = build_leg("bm25", load_snapshot(home), RetrievalConfig()).search(Query(k=5, text="zebras"))
        assert found.ids == ("v0004",)

    def test_what_was_removed_can_come_back(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(20))
        home.catalogue.remove("v0004")
        assert load_snapshot(home).row("v0004") is None
        home.catalogue.put(*some_videos(1, 4))
        assert load_snapshot(home).row("v0004") is not None

    def test_everything_can_be_removed(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(3))
        load_snapshot(home)
        home.catalogue.remove("v0000", "v0001", "v0002")
        emptied = load_snapshot(home)
        assert (len(emptied), folders(home)) == (0, set())

    def test_nothing_is_written_where_nothing_changed(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(20))
        load_snapshot(home)
        before = (home.path / "indexes" / "manifest.json").stat().st_mtime_ns
        load_snapshot(home)
        assert (home.path / "indexes" / "manifest.json").stat().st_mtime_ns == before

    def test_only_what_is_new_is_written(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(200))
        load_snapshot(home)
        old = folders(home)
        home.catalogue.put(*some_videos(3, 500))
        done: list[int] = []
        load_snapshot(home, progress=done.append)
        assert done == [3]
        assert old < folders(home)

    @pytest.mark.parametrize("indexed_before", [False, True])
    def test_the_index_stops_before_the_first_text_without_an_embedding(
        self, home: Any, some_videos: Any, indexed_before: bool
    ) -> None:
        home.catalogue.put(*some_videos(10))
        if indexed_before:
            load_snapshot(home)
        home.catalogue.put(*some_videos(10, 100))
        home.catalogue.put(*some_videos(2, 200))
        home.embeddings.lost.add(sha_of(some_videos(10, 100)[7]))
        for _ in range(2):
            snapshot = load_snapshot(home)
            assert (snapshot.revision, snapshot.n_live) == (1, 10)
            assert (snapshot.notes[0].code, snapshot.notes[0].public[:10]) == ("index-behind", "12 changed")

    def test_an_encoder_closes_the_gap(self, home: Any, some_videos: Any, hash_encoder: Any) -> None:
        home.catalogue.put(*some_videos(10))
        home.embeddings.lost.add(sha_of(some_videos(10)[7]))
        hash_encoder.name = home.encoder
        hash_encoder.encode = lambda texts: np.eye(8, dtype=np.float32)[: len(texts)]
        assert update_index(home, lambda: hash_encoder).manifest.revision == 1
        assert load_snapshot(home).notes == ()

    def test_without_any_embedding_nothing_is_found_and_a_note_says_why(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(5))
        home.embeddings.lost.update(map(sha_of, some_videos(5)))
        snapshot = load_snapshot(home)
        assert snapshot.n_live == 0
        assert (snapshot.notes[0].code, snapshot.notes[0].public[:9]) == ("index-behind", "5 changed")

    def test_a_snapshot_stays_what_it_was_while_the_index_moves_on(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(50))
        old = load_snapshot(home)
        before = rankings(old)
        home.catalogue.put(*some_videos(50, edition=3))
        load_snapshot(home)
        assert folders(home) == {entry["name"] for entry in manifest(home)["entries"]}
        assert [ranking.ids for ranking in rankings(old)] == [ranking.ids for ranking in before]


def sha_of(video: Video) -> str:
    return video_documents(video, 1)[0].text_sha


def embeddings(home: Any, video: Video) -> list[Any]:
    """Those of the texts of `video`: its transcript, then its summary."""
    shas = [document.text_sha for document in video_documents(video, 1)]
    found = home.embeddings.get_many(home.encoder, shas)
    return [found[sha] for sha in shas]


class TestVectors:
    def test_a_video_is_the_normalised_sum_of_its_facets(self, home: Any, some_videos: Any) -> None:
        summary = Enrichment(summary=Attributed("a summary", "model"))
        plain, told = some_videos(2)
        home.catalogue.put(plain, replace(told, enrichment=summary))
        found = load_snapshot(home).vectors_of("video", ["v0000", "v0001", "nobody"])
        both = sum(embeddings(home, replace(told, enrichment=summary)))
        assert set(found) == {"v0000", "v0001"}
        np.testing.assert_allclose(found["v0000"], embeddings(home, plain)[0], atol=1e-6)
        np.testing.assert_allclose(found["v0001"], both / np.linalg.norm(both), atol=1e-6)

    def test_articles_have_vectors_and_are_never_candidates(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(Article("read", "An article"), Article("v0001", "Of a video's id"), *some_videos(5))
        snapshot = load_snapshot(home)
        assert set(snapshot.vectors_of("article", ["read", "v0001", "v0002"])) == {"read", "v0001"}
        # A video that was watched elsewhere is stored as an article, and its vector is found by its id.
        assert set(snapshot.vectors_of("video", ["read", "v0001", "v0002"])) == {"read", "v0001", "v0002"}
        of_both = [snapshot.vectors_of(kind, ["v0001"])["v0001"].tolist() for kind in ("article", "video")]
        assert of_both[0] != of_both[1]
        assert all("read" not in ranking.ids for ranking in rankings(snapshot))
        home.catalogue.put(Article("read", "An article"), Article("also", "Another"))
        assert set(load_snapshot(home).vectors_of("article", ["read", "also"])) == {"read", "also"}


class TestLocked:
    def test_the_last_complete_index_serves_meanwhile(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(20))
        load_snapshot(home)
        home.catalogue.put(*some_videos(7, 100))
        home.locked = True
        snapshot = load_snapshot(home)
        assert snapshot.n_live == 20
        assert (snapshot.notes[0].code, snapshot.notes[0].public[:9]) == ("index-behind", "7 changed")
        home.locked = False
        assert load_snapshot(home).notes == ()

    def test_what_was_removed_since_is_left_out(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(20))
        load_snapshot(home)
        home.catalogue.remove("v0003")
        home.locked = True
        snapshot = load_snapshot(home)
        assert (snapshot.n_live, snapshot.row("v0003")) == (19, None)

    def test_files_copied_without_their_times_are_read_and_believed(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(20))
        load_snapshot(home)
        for path in (home.path / "indexes").glob("segment-*/*"):
            path.touch()
        home.locked = True
        assert load_snapshot(home).n_live == 20

    def test_without_any_index_the_lock_is_the_answer(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(20))
        home.locked = True
        with pytest.raises(HomeLocked):
            load_snapshot(home)


class TestCrash:
    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
    @pytest.mark.parametrize(
        ("event", "name"),
        [
            ("os.mkdir", r"segment-\d+\.new"),
            ("open", r"segment-\d+\.new/\w+"),
            ("os.rename", r"segment-\d+\.new"),
            ("os.mkdir", r"segment-0+3\.new"),  # of a merge
            ("open", r"manifest\.json\.new"),
            ("os.rename", r"manifest\.json\.new"),
        ],
    )
    def test_a_crash_at_any_step_leaves_the_old_index_and_no_rubbish(
        self, home: Any, some_videos: Any, event: str, name: str
    ) -> None:
        home.catalogue.put(*some_videos(30))
        before = load_snapshot(home)
        home.catalogue.put(*some_videos(30, 20, edition=4))
        is_end = re.compile(rf"{re.escape(event)} .*/{name}")
        assert killed_before(lambda: load_snapshot(home), lambda *change: bool(is_end.match(" ".join(change))))
        home.locked = True
        same_results(load_snapshot(home), before)
        home.locked = False
        after = load_snapshot(home)
        assert folders(home) == {entry["name"] for entry in manifest(home)["entries"]}
        same_results(after, rebuilt(home))

    def test_half_written_files_are_removed_by_the_next_writer(self, home: Any, some_videos: Any) -> None:
        home.catalogue.put(*some_videos(5))
        load_snapshot(home)
        half = home.path / "indexes" / "segment-00000009.new"
        half.mkdir()
        (half / "ids.txt").write_text("v")
        home.catalogue.put(*some_videos(5, 50))
        assert load_snapshot(home).n_live == 10
        assert not half.exists()


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 0x40
    path.write_bytes(content)


DAMAGE: dict[str, Callable[[Path, Path], object]] = {
    "half a manifest": lambda index, _: _truncate(index / "manifest.json"),
    "an empty manifest": lambda index, _: (index / "manifest.json").write_text(""),
    "another format": lambda index, _: _edit(index, format=99),
    "another home": lambda index, _: _edit(index, home_id="other"),
    "another encoder": lambda index, _: _edit(index, encoder="other"),
    "a truncated array": lambda _, segment: _truncate(segment / "vectors.npy"),
    "a truncated list": lambda _, segment: _truncate(segment / "ids.txt"),
    "an array of another length": lambda _, segment: np.save(segment / "lengths.npy", np.zeros(3, dtype=np.int32)),
    "no array at all": lambda _, segment: (segment / "rows.npy").write_bytes(b"rubbish"),
    "one bit of a vector": lambda _, segment: _flip(segment / "vectors.npy"),
    "one bit of a posting": lambda _, segment: _flip(segment / "rows.npy"),
    "a missing file": lambda _, segment: (segment / "keys.npy").unlink(),
    "a missing folder": lambda _, segment: shutil.rmtree(segment),
}


def _edit(index: Path, **values: Any) -> None:
    path = index / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_is_rebuilt(home: Any, some_videos: Any, damage: str) -> None:
    home.catalogue.put(*some_videos(40))
    before = rankings(load_snapshot(home))
    index = home.path / "indexes"
    DAMAGE[damage](index, next(index.glob("segment-*")))
    repaired = load_snapshot(home)
    assert [ranking.ids for ranking in rankings(repaired)] == [ranking.ids for ranking in before]
    assert load_snapshot(home).n_live == 40
