"""Content is put once, changes raise the revision, and a removal leaves a tombstone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shortlist.core.errors import StateError, UnknownItem
from shortlist.core.types import Article, Video
from shortlist.store.catalogue.results import Put
from shortlist.store.home import Home

MakeVideo = Callable[..., Video]


def test_the_revision_rises_only_with_a_change(home: Home, make_video: MakeVideo) -> None:
    catalogue, a, b = home.catalogue, make_video("a"), make_video("b")
    assert catalogue.revision() == 0
    with home.writing():
        assert catalogue.videos.put([a, b]) == Put(new=2)
        assert catalogue.revision() == 1
        assert catalogue.videos.put([b, a]) == Put(unchanged=2)
        assert catalogue.videos.put([]) == Put()
        assert catalogue.revision() == 1
        assert catalogue.videos.put([a, make_video("b", "Something else.")]) == Put(changed=1, unchanged=1)
        assert catalogue.articles.put([Article("n", "News")]) == Put(new=1)
    assert [(revision, video.id) for revision, video in catalogue.videos.iterate()] == [(1, "a"), (2, "b")]
    assert [(revision, video.id) for revision, video in catalogue.videos.iterate(after=1)] == [(2, "b")]
    assert [(revision, article.id) for revision, article in catalogue.articles.iterate(after=2)] == [(3, "n")]


def test_a_changed_video_leaves_nothing_of_its_old_self(home: Home, make_video: MakeVideo) -> None:
    with home.writing():
        home.catalogue.videos.put([make_video("a", summary="Old.", metadata={"views": 3})])
        bare = Video("a", "New title")
        home.catalogue.videos.put([bare])
    assert home.catalogue.videos.get("a") == bare
    assert home.catalogue.content_counts().enriched == 0


def test_the_order_of_metadata_is_no_change(home: Home) -> None:
    with home.writing():
        home.catalogue.videos.put([Video("a", "A", metadata={"x": 1, "y": 2})])
        assert home.catalogue.videos.put([Video("a", "A", metadata={"y": 2, "x": 1})]) == Put(unchanged=1)


def test_an_id_twice_in_one_call_counts_as_one_after_the_other(home: Home, make_video: MakeVideo) -> None:
    first, second = make_video("a", "First."), make_video("a", "Second.")
    with home.writing():
        assert home.catalogue.videos.put([first, second, second]) == Put(new=1, changed=1, unchanged=1)
    assert home.catalogue.videos.get("a") == second


def test_removal_and_return(home: Home, make_video: MakeVideo) -> None:
    catalogue = home.catalogue
    with home.writing():
        catalogue.videos.put([make_video(name) for name in "abc"])
        assert catalogue.videos.remove(["b", "a", "nobody"]) == 2
        assert catalogue.videos.remove(["b"]) == 0
        assert catalogue.revision() == 2
        assert list(catalogue.videos.iterate_removed()) == [(2, "a"), (2, "b")]
        assert catalogue.videos.ids() == ["c"]
        assert catalogue.changed_since(1) == 2
        catalogue.videos.put([make_video("b")])
    assert list(catalogue.videos.iterate_removed()) == [(2, "a")]
    assert list(catalogue.videos.iterate_removed(after=2)) == []
    assert catalogue.videos.get("b") == make_video("b")


def test_thousands_of_ids_and_pages(home: Home) -> None:
    videos = [Video(f"v{number:05}", f"Title {number}") for number in range(2_500)]
    asked = [f"v{number:05}" for number in range(40_000)]
    with home.writing():
        assert home.catalogue.videos.put(videos[:1_100]) == Put(new=1_100)
        assert home.catalogue.videos.put(videos) == Put(new=1_400, unchanged=1_100)
        assert [video for _, video in home.catalogue.videos.iterate()] == videos
        assert len(home.catalogue.videos.get_many(asked)) == 2_500
        assert home.catalogue.videos.remove(asked[1:]) == 2_499


def test_unknown_items(home: Home) -> None:
    with pytest.raises(UnknownItem, match="'moon'"):
        home.catalogue.videos.get("moon")
    assert home.catalogue.videos.get_many(["moon"]) == {}
    assert home.catalogue.articles.get_many(["moon"]) == {}


def test_content_needs_the_writer_lock(home: Home, make_video: MakeVideo) -> None:
    with pytest.raises(StateError, match="writer lock"):
        home.catalogue.videos.put([make_video("a")])
    with pytest.raises(StateError, match="writer lock"):
        home.catalogue.videos.remove(["a"])
    assert home.catalogue.revision() == 0
