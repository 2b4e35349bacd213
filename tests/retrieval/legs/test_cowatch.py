"""The links between videos: counted right, step by step as all at once, kept in a file that may be lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.core.config import RetrievalConfig
from shortlist.core.ranking import Query
from shortlist.core.types import HistoryItem, Profile, Video
from shortlist.retrieval.build import build_leg, build_retriever
from shortlist.retrieval.index.cowatch_counts import FADING, REACH, UNIT, Links
from shortlist.retrieval.index.indexer import load_snapshot
from shortlist.retrieval.index.snapshot import Snapshot
from shortlist.retrieval.legs.link_evidence import liked_weights, link_evidence, significance

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PLAIN = RetrievalConfig(cowatch_damping=0.0, cowatch_backward=0.5, cowatch_recency=0.25)


def table(links: Links) -> dict[tuple[str, str], int]:
    """The links by the ids of their videos."""
    found = links.forward.tocoo()
    pairs = zip(found.row.tolist(), found.col.tolist(), found.data.tolist(), strict=True)
    return {(links.ids[one], links.ids[other]): value for one, other, value in pairs if value}


def same(one: Links, other: Links) -> bool:
    readers = [dict(zip(each.ids, each.watched.tolist(), strict=True)) for each in (one, other)]
    return table(one) == table(other) and readers[0] == readers[1] and one.readers == other.readers


def links_of(*sequences: str) -> Links:
    return Links.empty().updated([[(item, 1) for item in sequence] for sequence in sequences], 1)


def liking(*newest_first: str) -> Profile:
    weight = 1 / len(newest_first)
    return Profile("u", tuple(HistoryItem(item, "video", "view", NOW, None, "", None, weight) for item in newest_first))


def test_neighbours_link_forward_and_farther_ones_less() -> None:
    links = links_of("abc", "ab")
    assert table(links) == {("a", "b"): 2 * UNIT, ("b", "c"): UNIT, ("a", "c"): round(UNIT * 2**-FADING)}
    assert dict(zip(links.ids, links.watched.tolist(), strict=True)) == {"a": 2, "b": 2, "c": 1}


def test_a_video_counts_where_it_was_watched_first_and_nothing_links_across_readers() -> None:
    assert same(links_of("abab", "c"), links_of("ab", "c"))
    assert table(links_of("a", "b")) == {}


def test_pairs_farther_apart_than_the_reach_are_no_links() -> None:
    sequence = [(f"v{at}", 1) for at in range(REACH + 2)]
    linked = {other for one, other in table(Links.empty().updated([sequence], 1)) if one == "v0"}
    assert linked == {f"v{at}" for at in range(1, REACH + 1)}


def test_step_by_step_is_all_at_once_in_whatever_order_events_arrive(home: Any) -> None:
    draw = np.random.default_rng(7)
    links = Links.empty()
    for _ in range(12):
        for _ in range(int(draw.integers(1, 40))):
            home.catalogue.watch(f"u{draw.integers(5)}", f"v{draw.integers(60)}", int(draw.integers(1000)))
        links = links.updated(home.catalogue.events.iterate_watches(links.counted), home.catalogue.events.last_number())
        assert same(
            links, Links.empty().updated(home.catalogue.events.iterate_watches(), home.catalogue.events.last_number())
        )


class TestFile:
    @pytest.fixture
    def file(self, home: Any) -> Path:
        for at, item in enumerate("abcab"):
            home.catalogue.watch("ann", item, at)
        home.catalogue.watch("bob", "b", 0)
        self.counted = load_snapshot(home).links
        return Path(home.path / "indexes" / "cowatch.npz")

    def test_what_was_counted_is_kept_and_only_the_new_is_read(self, home: Any, file: Path) -> None:
        asked: list[int] = []
        iter_watches = home.catalogue.events.iterate_watches
        home.catalogue.events.iterate_watches = lambda after=0: asked.append(after) or iter_watches(after)
        assert same(load_snapshot(home).links, self.counted)
        home.catalogue.watch("bob", "c", 1)
        links = load_snapshot(home).links
        assert asked == [6]
        assert same(links, links_of("abc", "bc"))

    @pytest.mark.parametrize("damage", ["half", "a bit", "rubbish", "gone", "another home"])
    def test_a_file_that_cannot_be_believed_is_counted_again(self, home: Any, file: Path, damage: str) -> None:
        content = bytearray(file.read_bytes())
        if damage == "another home":
            home.home_id = "other"
        elif damage == "gone":
            file.unlink()
        else:
            content[len(content) // 3] ^= 0x10
            file.write_bytes({"half": content[: len(content) // 2], "a bit": content, "rubbish": b"rubbish"}[damage])
        assert same(load_snapshot(home).links, self.counted)
        home.catalogue.events.rows.clear()
        assert load_snapshot(home).links.ids == ()

    def test_the_events_of_an_older_copy_of_the_home_are_counted_again(self, home: Any, file: Path) -> None:
        del home.catalogue.events.rows[3:]
        assert same(load_snapshot(home).links, links_of("abc"))

    def test_a_folder_that_cannot_be_written_costs_only_time(self, home: Any) -> None:
        home.catalogue.watch("ann", "a", 0)
        (home.path / "indexes").write_text("in the way")
        from shortlist.retrieval.index.cowatch_file import load_links

        assert load_links(home, home.path / "indexes").ids == ("a",)


@pytest.fixture
def snapshot(snapshot_of: Any) -> Snapshot:
    made: Snapshot = snapshot_of([Video(item, "clip") for item in "abcdef"], np.eye(6), watched=["abc", "ab", "da"])
    return made


def test_what_followed_the_newest_video_comes_first(snapshot: Snapshot) -> None:
    far = 2**-FADING
    ranking = build_leg("cowatch", snapshot, PLAIN).search(Query(k=9, profile=liking("b", "a")))
    # b: c after it, a before it twice. a, one step back: b twice and c after it, d before it.
    expected = {"c": 1 + 0.25 * far, "a": 0.5 * 2, "b": 0.25 * 2, "d": 0.25 * 0.5}
    assert ranking.ids == tuple(expected)
    assert ranking.scores.tolist() == pytest.approx(list(expected.values()), abs=1e-3)


def test_what_everybody_watched_counts_less(snapshot_of: Any) -> None:
    videos = [Video(item, "clip") for item in "abcx"]
    snapshot = snapshot_of(videos, np.eye(4), watched=["ab", "ac", "xb", "xb", "xb"])
    config = PLAIN.model_copy(update={"cowatch_damping": 0.5})
    assert build_leg("cowatch", snapshot, config).search(Query(k=2, profile=liking("a"))).ids == ("c", "b")


def test_removed_and_unknown_videos_are_never_found_but_still_tell(snapshot_of: Any) -> None:
    videos = [Video(item, "clip") for item in "bcd"]
    snapshot = snapshot_of(videos, np.eye(3), removed=["c"], watched=["abcd"])
    ranking = build_leg("cowatch", snapshot, PLAIN).search(Query(k=9, profile=liking("a")))
    assert ranking.ids == ("b", "d")


@pytest.mark.parametrize("profile", [None, Profile("u"), liking("f"), liking("nobody")])
def test_without_a_video_that_others_watched_it_has_nothing_to_say(snapshot: Snapshot, profile: Profile | None) -> None:
    assert len(build_leg("cowatch", snapshot, PLAIN).search(Query(k=5, profile=profile))) == 0


def test_articles_and_dislikes_do_not_link(snapshot: Snapshot) -> None:
    [liked] = liking("a").history
    profile = Profile("u", (replace(liked, kind="article"), replace(liked, item_id="b", weight=-0.5)))
    assert len(build_leg("cowatch", snapshot, PLAIN).search(Query(k=5, profile=profile))) == 0


def test_a_pair_seen_once_counts_where_it_is_more_than_chance() -> None:
    """Two videos that two readers each watched: of 12 readers one has both by chance, of 50,000 hardly ever."""
    few, many = (significance(np.ones(1), np.array([2 * 2 / readers])).item() for readers in (12, 50_000))
    assert few == pytest.approx(np.log(1 - np.exp(-1 / 3)) / np.log(0.01))
    assert 0.2 < few < 0.3
    assert many == 1.0


@given(st.integers(0, 50), st.floats(0, 100), st.floats(0, 10))
def test_more_readers_than_expected_never_count_less(observed: int, expected: float, more: float) -> None:
    def one(seen: float, chance: float) -> float:
        return significance(np.array([float(seen)]), np.array([chance])).item()

    assert 0 <= one(observed, expected + more) <= one(observed, expected) <= one(observed + 1, expected) <= 1


def test_the_evidence_of_a_link_counts_readers(snapshot: Snapshot) -> None:
    """Of three readers two watched b after a, one c after b, one a after d."""
    links = snapshot.links
    weights = liked_weights(liking("b", "a").history, links, PLAIN)
    evidence = link_evidence(links, weights, [links.numbers["c"]], PLAIN)[0]
    assert evidence.liked == ("b", "a")
    assert [evidence.after.tolist(), evidence.before.tolist(), evidence.watched.tolist()] == [[1, 1], [0, 0], [2, 3]]
    leg = build_leg("cowatch", snapshot, PLAIN)
    row = snapshot.row("c")
    assert evidence.values.sum() == pytest.approx(leg.score(Query(k=1, profile=liking("b", "a")), np.array([row]))[0])


def test_thin_data_count_less_in_a_fusion(snapshot_of: Any) -> None:
    """The same link beside the same popularity: it decides among many readers, not among three."""
    videos = [Video(item, "clip") for item in "abc"]
    config = PLAIN.model_copy(update={"weights": {"cowatch": 1.0, "popular": 0.4}})

    def best(*watched: str) -> Any:
        snapshot = snapshot_of(videos, np.eye(3), watched=["ab", *watched], popular={"c": 3.0})
        return build_retriever(snapshot, config).search(Query(k=3, profile=liking("a"), exclude=frozenset("a")))

    few, many = best("c", "a"), best(*(f"x{reader}" for reader in range(500)))
    assert few.ids[0] == "c"
    assert many.ids[0] == "b"
    assert {source.origin: source.confidence for source in many.legs} == {"cowatch": 1.0, "popular": 1.0}
