"""Large merges aside: whatever is written meanwhile and whoever dies, the index is that of one built anew."""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shortlist.core.config import RetrievalConfig
from shortlist.core.errors import HomeLocked, StateError
from shortlist.core.ranking import Query
from shortlist.core.types import Article
from shortlist.retrieval.build import build_leg
from shortlist.retrieval.index.background_merge import LOCK, MERGED, merge_in_background
from shortlist.retrieval.index.index import open_index
from shortlist.retrieval.index.indexer import load_snapshot, update_index
from shortlist.retrieval.index.merge_policy import segments_to_merge
from shortlist.retrieval.index.snapshot import Snapshot
from tests.killed_child import in_child, killed_before

MAX_COMMIT_ROWS = 30
QUERY = Query(
    k=200,
    text="word1 word2 word5",
    vectors=np.eye(8, dtype=np.float32)[:1],
    vector_weights=np.ones(1, dtype=np.float32),
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk: what a killed process wrote is in the system's cache."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def commit(home: Any) -> Snapshot:
    """Bring the index up to date, merge at most `MAX_COMMIT_ROWS` rows, and load it."""
    update_index(home, max_commit_rows=MAX_COMMIT_ROWS)
    return load_snapshot(home)


@pytest.fixture
def grown(home: Any, some_videos: Any) -> Any:
    """A home of 98 videos and 48 articles, whose index has several segments and tombstones; merges are due."""
    for start in range(0, 100, 25):
        home.catalogue.put(*(Article(f"a{at}", "An article") for at in range(start // 2, start // 2 + 12)))
        commit(home)
    grow(home, some_videos)
    return home


def grow(home: Any, some_videos: Any) -> None:
    for start in range(0, 100, 25):
        home.catalogue.put(*some_videos(25, start))
        commit(home)
    home.catalogue.put(*some_videos(9, 20, edition=1))
    home.catalogue.remove("v0050", "v0003")
    commit(home)


def anew(home: Any, path: Path) -> Snapshot:
    """The snapshot of an index built from the catalogue of `home` in one go."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    other = type(home)(path)
    other.catalogue, other.embeddings = home.catalogue, home.embeddings
    return commit(other)


def same_results(one: Snapshot, other: Snapshot) -> None:
    assert sorted(one.live_ids()) == sorted(other.live_ids())
    assert sorted(id_ for part in one.articles for id_ in part.live_ids()) == sorted(
        id_ for part in other.articles for id_ in part.live_ids()
    )
    for name in ("bm25", "dense"):
        ours, theirs = (build_leg(name, each, RetrievalConfig()).search(QUERY) for each in (one, other))
        assert ours.ids == theirs.ids
        np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-5)


def names(home: Any) -> list[str]:
    entries = json.loads((home.path / "indexes" / "manifest.json").read_text())["entries"]
    return [entry["name"] for entry in entries]


def folders(home: Any) -> list[str]:
    return [path.name for path in (home.path / "indexes").iterdir() if path.is_dir()]


def in_order(home: Any) -> bool:
    """Return True if nothing is left to merge and every folder belongs to the index."""
    parts = open_index(home.path / "indexes", home.home_id, home.encoder).of_kind("video")
    due = segments_to_merge([(part.n_live, len(part.dead)) for part in parts])
    return not due and sorted(folders(home)) == sorted(names(home))


def once(work: Callable[[], None]) -> Callable[[int], None]:
    """Does `work` when the first merge begins."""
    left = iter([work])
    return lambda _: next(left, lambda: None)()


class TestAside:
    def test_what_a_commit_may_not_merge_is_merged(self, grown: Any, tmp_path: Path) -> None:
        before = commit(grown)
        rows: list[int] = []
        assert len(before.parts) > 2
        assert merge_in_background(grown, rows.append)
        after = commit(grown)
        assert rows == [48, 98]
        assert (len(after.parts), len(after.articles), after.revision) == (1, 1, before.revision)
        same_results(after, anew(grown, tmp_path / "anew"))
        same_results(before, after)  # who reads goes on reading
        assert in_order(grown)

    def test_nothing_is_done_where_nothing_is_due(self, grown: Any) -> None:
        assert merge_in_background(grown)
        manifest = (grown.path / "indexes" / "manifest.json").read_bytes()
        assert not merge_in_background(grown)
        assert (grown.path / "indexes" / "manifest.json").read_bytes() == manifest

    def test_a_home_without_an_index_has_nothing_to_merge(self, home: Any) -> None:
        assert not merge_in_background(home)

    def test_a_damaged_index_is_left_to_who_rebuilds_it(self, grown: Any) -> None:
        (grown.path / "indexes" / "manifest.json").write_text("rubbish")
        assert not merge_in_background(grown)

    def test_a_commit_merges_no_more_than_it_may(self, home: Any, some_videos: Any) -> None:
        for start in range(0, 200, 8):
            home.catalogue.put(*some_videos(8, start))
            commit(home)
            sizes = [len(part.segment) for part in commit(home).parts]
            assert max(sizes) <= MAX_COMMIT_ROWS
            assert len(sizes) <= 2 * start / (0.75 * MAX_COMMIT_ROWS) + 5


class TestMeanwhile:
    def test_additions_changes_and_removals_are_kept(self, grown: Any, some_videos: Any, tmp_path: Path) -> None:
        def meanwhile() -> None:
            grown.catalogue.put(*some_videos(10, 200))
            grown.catalogue.put(*some_videos(10, 70, edition=2))
            commit(grown)
            grown.catalogue.remove("v0001", "v0071", "v0200")
            grown.catalogue.put(*some_videos(1, 50, edition=3), Article("a1", "Changed"), Article("new", "New"))
            same_results(commit(grown), anew(grown, tmp_path / "anew"))

        assert merge_in_background(grown, once(meanwhile))
        merged = commit(grown)
        same_results(merged, anew(grown, tmp_path / "anew"))
        assert {"v0001", "v0071", "v0200", "v0003"}.isdisjoint(merged.live_ids())
        assert sorted(folders(grown)) == sorted(names(grown))

    def test_what_a_commit_merged_itself_is_not_there_twice(self, grown: Any, some_videos: Any, tmp_path: Path) -> None:
        before = set(names(grown))

        def meanwhile(_: int) -> None:
            for start in range(300, 340, 4):
                grown.catalogue.put(*some_videos(4, start))
                commit(grown)
            assert before - set(names(grown))

        assert merge_in_background(grown, meanwhile)
        same_results(commit(grown), anew(grown, tmp_path / "anew"))

    def test_everything_may_be_removed(self, grown: Any) -> None:
        def meanwhile(_: int) -> None:
            grown.catalogue.remove(*commit(grown).live_ids())
            commit(grown)

        assert merge_in_background(grown, meanwhile)  # the articles
        assert commit(grown).parts == ()
        assert sorted(folders(grown)) == sorted(names(grown))

    def test_an_index_rebuilt_is_not_touched(self, home: Any, some_videos: Any, tmp_path: Path) -> None:
        grow(home, some_videos)
        before, made = names(home), []

        def meanwhile(_: int) -> None:
            shutil.rmtree(home.path / "indexes")
            commit(home)
            made.extend(names(home))

        assert not merge_in_background(home, meanwhile)
        assert names(home) == made
        assert set(made) & set(before)  # names are used again
        same_results(commit(home), anew(home, tmp_path / "anew"))

    def test_an_index_that_is_gone_is_no_error(self, grown: Any) -> None:
        assert not merge_in_background(grown, lambda _: shutil.rmtree(grown.path / "indexes"))

    def test_readers_and_a_writer_go_on_beside_merges(self, grown: Any, some_videos: Any, tmp_path: Path) -> None:
        lock = threading.Lock()

        @contextmanager
        def writing(_: str = "") -> Iterator[None]:
            if not lock.acquire(blocking=False):
                raise HomeLocked("locked", expected="nobody else", found="somebody", remedy="wait")
            try:
                yield
            finally:
                lock.release()

        grown.writing = writing
        done = threading.Event()
        merged: list[bool] = []

        def keep_merging() -> None:
            merged.append(merge_in_background(grown))
            while not done.is_set():
                merged.append(merge_in_background(grown))

        thread = threading.Thread(target=keep_merging)
        thread.start()
        for start in range(200, 400, 10):
            grown.catalogue.put(*some_videos(10, start))
            grown.catalogue.remove(f"v{start:04d}")
            snapshot = commit(grown)
            assert len(set(snapshot.live_ids())) == snapshot.n_live
        done.set()
        thread.join()
        same_results(commit(grown), anew(grown, tmp_path / "anew"))
        assert any(merged)


changes = st.lists(
    st.tuples(st.sampled_from(["put", "remove"]), st.integers(0, 60), st.integers(1, 25), st.integers(0, 3)),
    max_size=6,
)


def change(home: Any, some_videos: Any, done: list[tuple[str, int, int, int]]) -> None:
    """Each change and a commit after it."""
    for what, start, n, edition in done:
        if what == "put":
            home.catalogue.put(*some_videos(n, start, edition))
        else:
            here = {video.id for _, video in home.catalogue.videos.iterate()}
            home.catalogue.remove(*(here & {f"v{at:04d}" for at in range(start, start + n)}))
        commit(home)


@pytest.mark.integration
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes, changes, changes)
def test_whatever_is_done_before_meanwhile_and_after(
    tmp_path_factory: pytest.TempPathFactory, some_videos: Any, homes: Any, before: Any, meanwhile: Any, after: Any
) -> None:
    path = tmp_path_factory.mktemp("home")
    home = homes(path)
    home.catalogue.put(*some_videos(45))
    change(home, some_videos, before)
    merge_in_background(home, lambda _: change(home, some_videos, meanwhile))
    same_results(commit(home), anew(home, path / "anew"))
    change(home, some_videos, after)
    same_results(commit(home), anew(home, path / "anew"))
    merge_in_background(home)
    same_results(commit(home), anew(home, path / "anew"))
    assert in_order(home)


@pytest.fixture
def homes(home: Any) -> Callable[[Path], Any]:
    return type(home)


class TestAlone:
    def test_a_second_merger_returns_at_once(self, grown: Any) -> None:
        second: list[bool] = []
        assert merge_in_background(grown, lambda _: second.append(merge_in_background(grown)))
        assert second == [False, False]

    def test_one_of_another_process_does_too(self, grown: Any) -> None:
        with FileLock(grown.path / LOCK):
            assert in_child(lambda: os._exit(7 if merge_in_background(grown) is False else 0)) == 7 << 8
        assert merge_in_background(grown)

    def test_another_writer_is_waited_for(self, grown: Any) -> None:
        free, refused = grown.writing, iter(range(3))

        def writing(doing: str = "") -> Any:
            if next(refused, None) is not None:
                raise HomeLocked("locked", expected="nobody else", found="somebody", remedy="wait")
            return free(doing)

        grown.writing = writing
        assert merge_in_background(grown)
        assert in_order(grown)

    def test_a_writer_that_stays_is_given_way(self, grown: Any, caplog: pytest.LogCaptureFixture) -> None:
        before = names(grown)
        with caplog.at_level(logging.WARNING):
            assert not merge_in_background(grown, lambda _: setattr(grown, "locked", True), wait_s=0)
        assert "the next attempt comes later" in caplog.text
        assert sorted(folders(grown)) == sorted(names(grown)) == sorted(before)
        grown.locked = False
        assert merge_in_background(grown)

    def test_files_that_cannot_be_written_are_an_error(self, grown: Any) -> None:
        before = commit(grown)
        with pytest.raises(StateError):
            merge_in_background(grown, lambda _: (grown.path / "indexes" / f"{MERGED}.new").write_text("in the way"))
        same_results(commit(grown), before)


def killed_at(home: Any, step: int) -> bool:
    """Return True if a merging child process was killed before this file-changing step."""
    steps = count()
    return killed_before(lambda: merge_in_background(home), lambda *_: next(steps) == step)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
class TestKilled:
    def test_anywhere_the_index_is_whole_and_the_next_merge_works(
        self, home: Any, some_videos: Any, tmp_path: Path
    ) -> None:
        grow(home, some_videos)
        kept = shutil.copytree(home.path / "indexes", tmp_path / "kept")
        right = anew(home, tmp_path / "anew")
        for step in count():
            shutil.rmtree(home.path / "indexes")
            shutil.copytree(kept, home.path / "indexes")
            if not killed_at(home, step):
                break
            same_results(commit(home), right)
            merge_in_background(home)
            same_results(commit(home), right)
            assert not (home.path / "indexes" / MERGED).exists()
        assert step > 20

    def test_what_is_unfinished_is_left_alone_by_writers_and_removed_by_the_next_merger(
        self, grown: Any, some_videos: Any
    ) -> None:
        unfinished = [grown.path / "indexes" / name for name in (MERGED, f"{MERGED}.new")]
        for path in unfinished:
            path.mkdir()
        grown.catalogue.put(*some_videos(1, 500))
        commit(grown)
        assert all(path.exists() for path in unfinished)
        merge_in_background(grown)
        assert not any(path.exists() for path in unfinished)
