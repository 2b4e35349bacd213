"""Co-watch counts in shards are those of one process, and the strongest links are what is left of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.app.cowatch import Numbered, count_on_ray, joined, map_shard, reduce_bucket
from shortlist.core.types import Event
from shortlist.retrieval.index.cowatch_counts import Links
from shortlist.retrieval.index.cowatch_file import NAME, load_links
from shortlist.store.home import Home

Readers = list[list[tuple[str, int]]]
SEQUENCES = st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=30), max_size=12)
TOPS = st.none() | st.integers(1, 4)


def readers_of(sequences: list[list[str]]) -> Readers:
    return [[(item, at + 1) for at, item in enumerate(sequence)] for sequence in sequences]


def same(one: Links, other: Links) -> bool:
    return (
        one.ids == other.ids
        and (one.forward != other.forward).nnz == 0
        and one.watched.tolist() == other.watched.tolist()
        and (one.readers, one.counted) == (other.readers, other.counted)
    )


@given(SEQUENCES, TOPS, st.integers(1, 3))
def test_shards_add_up_to_the_counts_of_one_process(sequences: list[list[str]], top: int | None, size: int) -> None:
    numbered = Numbered(size)
    shards = list(numbered.shards(readers_of(sequences), 20))
    n = len(numbered.numbers)
    order = np.argsort(np.argsort(np.array(list(numbered.numbers)))) if n else np.empty(0, np.int64)
    parts = [map_shard(shard, n) for shard in shards]
    tables = [reduce_bucket(n, top, order, *bucket) for bucket in zip(*parts, strict=True)]
    assert same(joined(numbered, tables, 20), Links.empty().updated(readers_of(sequences), 20).strongest(top))


@given(SEQUENCES, st.integers(1, 4))
def test_the_strongest_links_of_each_video_are_kept(sequences: list[list[str]], top: int) -> None:
    whole = Links.empty().updated(readers_of(sequences), 99)
    kept = whole.strongest(top)
    for row in range(len(whole.ids)):
        before, after = (links.forward[[row], :].toarray().ravel() for links in (whole, kept))
        expected = sorted(range(len(before)), key=lambda at, row=before: (-row[at], whole.ids[at]))[:top]
        assert set(np.flatnonzero(after)) == {at for at in expected if before[at]}
        assert all(after[at] == before[at] for at in expected)


@pytest.fixture
def home(tmp_path: Path, make_events: Any) -> Home:
    with Home.open(tmp_path / "home", "hash-32") as made:
        made.catalogue.events.add(make_events("ann", "abcd") + make_events("bob", "acbd"))
        return made


@pytest.fixture
def make_events() -> Any:
    """make_events(reader, "abc"): views of these videos in this order."""
    from datetime import UTC, datetime, timedelta

    def make(reader: str, items: str) -> list[Event]:
        start = datetime(2026, 11, 20, tzinfo=UTC)
        return [Event(reader, item, "video", "view", start + timedelta(minutes=at)) for at, item in enumerate(items)]

    return make


def test_a_file_with_fewer_links_is_not_used_for_more(home: Home, make_events: Any) -> None:
    folder = home.path / "indexes"
    whole = load_links(home, folder)
    assert load_links(home, folder, 1).forward.nnz == 3
    (folder / NAME).unlink()
    assert load_links(home, folder, 1).forward.nnz == 3
    assert load_links(home, folder, 1).strongest(None).forward.nnz == 3
    assert same(load_links(home, folder), whole)


def test_new_events_are_added_to_the_strongest_links(home: Home, make_events: Any) -> None:
    folder = home.path / "indexes"
    load_links(home, folder, 1)
    home.catalogue.events.add(make_events("eve", "ad") + make_events("kim", "ad"))
    links = load_links(home, folder, 1)
    number = links.numbers
    assert links.watched[number["a"]] == 4
    assert links.forward[number["a"], number["d"]] > 0
    assert np.diff(links.forward.indptr).max() == 1


@pytest.mark.slow
def test_a_job_on_ray_counts_the_same() -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    draw = np.random.default_rng(0)
    sequences = [[f"v{item}" for item in draw.integers(0, 300, 20)] for _ in range(2000)]
    for top in (None, 5):
        counted = count_on_ray(readers_of(sequences), 99, top, None, 2)
        assert same(counted, Links.empty().updated(readers_of(sequences), 99).strongest(top))
