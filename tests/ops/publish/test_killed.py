"""A process that is killed at any moment leaves a whole snapshot, and the next one completes its work."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from shortlist.ops.publish.follow import Follower
from shortlist.ops.publish.manifest import BLOCKS, SNAPSHOTS
from shortlist.ops.publish.place import FolderPlace
from tests.killed_child import killed_before

pytestmark = pytest.mark.servers

Seen = Callable[[Path], set[str]]


def kill_at_each_change(folder: Path, work: Callable[[], object], check: Callable[[], object]) -> int:
    """Run `work` again and again, killed before its first change in `folder`, its second, and so on, until it ends.

    `check` is called after each kill. Return the number of kills.
    """
    for kills in count():
        changes = count()
        if not killed_before(work, lambda _, path, n=kills, seen=changes: str(folder) in path and next(seen) == n):
            return kills
        check()
    raise AssertionError


def test_publishing_is_killed_at_each_write(
    publisher: Any, follower: Follower, place: FolderPlace, seen: Seen, tmp_path: Path
) -> None:
    publisher.publish()
    publisher.add("d", "e")

    def check() -> None:
        found = seen(follower.pull())
        assert found in ({"a", "b", "c"}, {"a", "b", "c", "d", "e"})
        states.append(len(found))

    states: list[int] = []
    assert kill_at_each_change(tmp_path / "place", publisher.publish, check) > 10
    assert states == sorted(states)
    assert states[0] == 3
    assert publisher.publish().is_new is False
    assert seen(follower.pull()) == {"a", "b", "c", "d", "e"}
    assert len(place.names(SNAPSHOTS)) == 2
    assert not [name for name in place.names(BLOCKS) if "." in name]


def test_publishing_is_killed_while_it_collects_the_files(publisher: Any, follower: Follower, seen: Seen) -> None:
    publisher.publish()
    publisher.add("d")

    def check() -> None:
        assert seen(follower.pull()) in ({"a", "b", "c"}, {"a", "b", "c", "d"})

    assert kill_at_each_change(publisher.folder / "publishing", publisher.publish, check) > 5
    assert seen(follower.pull()) == {"a", "b", "c", "d"}


def test_following_is_killed_at_each_write(publisher: Any, follower: Follower, seen: Seen, tmp_path: Path) -> None:
    publisher.publish()
    follower.pull()
    publisher.add("d")
    publisher.publish()

    def check() -> None:
        copy = follower.current()
        assert copy is not None
        assert seen(copy) in ({"a", "b", "c"}, {"a", "b", "c", "d"})

    assert kill_at_each_change(tmp_path / "follower", follower.pull, check) > 10
    assert seen(follower.pull()) == {"a", "b", "c", "d"}
    assert not list((tmp_path / "follower").rglob("*.part"))
