"""The contract of `Registry`: versions never change, one is in use, and what is damaged is refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shortlist.core.errors import HomeDamaged, ShortlistError, UsageError
from shortlist.store.registry.decisions import NO_MODELS
from shortlist.store.registry.folder_registry import FolderRegistry
from shortlist.store.registry.registry import Registry

ACTS = ("add", "approve", "promote", "retire", "rollback", "prune")


def add(registry: Registry, *names: str) -> None:
    for name in names:
        folder = registry.new_folder(name)
        (folder / "arrays").mkdir()
        (folder / "arrays/weights.bin").write_bytes(f"weights of {name}".encode())
        at = f"2026-11-{len(registry.versions()) + 1:02}T10:00:00+00:00"
        registry.add(name, folder, {"at": at, "data": {"digest": "abc"}, "gate": None})


def states(registry: Registry) -> dict[str, str]:
    return {one.name: one.state for one in registry.versions()}


class RegistryContract(ABC):
    """A subclass has the fixture `registry`, which is empty, and damages the stored files of a version."""

    @abstractmethod
    def damage(self, registry: Any, name: str, file: str, content: bytes) -> None: ...

    def test_a_version_comes_back_with_its_receipt(self, registry: Registry) -> None:
        add(registry, "one", "two")
        [first, second] = registry.versions()
        assert (first.name, first.state, first.receipt["data"]) == ("one", "candidate", {"digest": "abc"})
        assert second.name == "two"
        assert (registry.open("one") / "arrays/weights.bin").read_bytes() == b"weights of one"

    def test_a_version_is_never_changed(self, registry: Registry) -> None:
        add(registry, "one")
        with pytest.raises(UsageError, match="never changed"):
            registry.add("one", registry.new_folder("one"), {"at": "later"})
        assert (registry.open("one") / "arrays/weights.bin").read_bytes() == b"weights of one"

    def test_a_version_that_was_not_finished_is_none(self, registry: Registry) -> None:
        registry.new_folder("one")
        assert registry.versions() == []
        add(registry, "one")
        assert states(registry) == {"one": "candidate"}

    def test_the_way_of_a_version(self, registry: Registry) -> None:
        add(registry, "one", "two")
        assert (registry.champion(), registry.waiting()) == (NO_MODELS, None)
        registry.approve("one", "better")
        assert (registry.champion(), registry.waiting()) == (NO_MODELS, "one")
        registry.promote("one", "approved")
        assert (registry.champion(), registry.waiting()) == ("one", None)
        registry.promote("two", "by hand")
        assert states(registry) == {"one": "retired", "two": "champion"}
        assert [(one.version, one.state, one.why) for one in registry.history()] == [
            ("one", "approved", "better"), ("one", "champion", "approved"), ("two", "champion", "by hand"),
        ]  # fmt: skip

    def test_an_approval_that_was_overtaken_or_taken_back_is_not_promoted(self, registry: Registry) -> None:
        add(registry, "old", "new", "newest")
        registry.approve("old", "better")
        registry.approve("newest", "better")
        registry.retire("newest", "by hand")
        assert registry.waiting() == "old"
        registry.promote("new", "by hand")
        assert registry.waiting() is None
        with pytest.raises(UsageError, match="in use"):
            registry.retire("new", "by hand")

    def test_a_rollback_returns_to_the_version_before(self, registry: Registry) -> None:
        add(registry, "one", "two")
        registry.promote("one", "better")
        registry.promote("two", "better")
        assert [registry.rollback(), registry.rollback()] == ["one", NO_MODELS]
        assert states(registry) == {"one": "retired", "two": "retired"}
        with pytest.raises(UsageError, match="nothing to roll back"):
            registry.rollback()

    def test_unknown_names_are_refused(self, registry: Registry) -> None:
        for call in (registry.open, lambda name: registry.promote(name, "x"), lambda name: registry.approve(name, "x")):
            with pytest.raises(UsageError, match="unknown version"):
                call("gone")
            with pytest.raises(UsageError):
                call("../outside")

    @pytest.mark.parametrize("file", ["arrays/weights.bin", "added.bin", "receipt.json"])
    def test_damaged_files_are_refused(self, registry: Registry, file: str) -> None:
        add(registry, "one")
        self.damage(registry, "one", file, b'{"at": "2026-11-01", "gate": {"promoted": true}}')
        for call in (registry.open, lambda name: registry.promote(name, "x"), lambda name: registry.approve(name, "x")):
            with pytest.raises(HomeDamaged, match="one is damaged"):
                call("one")
        assert registry.champion() == NO_MODELS

    def test_old_versions_are_deleted_but_none_that_is_needed(self, registry: Registry) -> None:
        add(registry, "before", "used", "approved", "old", "new")
        registry.promote("before", "better")
        registry.promote("used", "better")
        registry.approve("approved", "better")
        assert registry.prune(1) == ["old"]
        assert set(states(registry)) == {"before", "used", "approved", "new"}
        assert registry.rollback() == "before"

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 3)), max_size=14))
    def test_one_version_at_most_is_in_use_whatever_happens(
        self, registry: Registry, acts: list[tuple[str, int]]
    ) -> None:
        for act, number in acts:
            name = f"v{number}"
            try:
                if act == "add":
                    add(registry, name)
                elif act == "prune":
                    registry.prune(number + 1)
                elif act == "rollback":
                    registry.rollback()
                else:
                    getattr(registry, act)(name, "why")
            except ShortlistError:
                pass
            in_use = [one.name for one in registry.versions() if one.state == "champion"]
            assert in_use == [one for one in [registry.champion()] if one != NO_MODELS]
            assert registry.waiting() in [None, *(one.name for one in registry.versions() if one.state == "approved")]


class TestFolderRegistry(RegistryContract):
    @pytest.fixture
    def registry(self, tmp_path: Path) -> FolderRegistry:
        return FolderRegistry(tmp_path / "trained", "train again")

    def damage(self, registry: Any, name: str, file: str, content: bytes) -> None:
        (registry.folder_of(name) / file).write_bytes(content)

    def test_a_version_of_another_home_is_refused(self, registry: FolderRegistry, tmp_path: Path) -> None:
        other = FolderRegistry(tmp_path / "other", "train again")
        add(registry, "one")
        add(other, "two")
        other.open("two").rename(registry.folder_of("two"))
        with pytest.raises(HomeDamaged, match="the signature is not of this home"):
            registry.promote("two", "by hand")

    def test_a_version_under_another_name_is_refused(self, registry: FolderRegistry) -> None:
        add(registry, "one")
        registry.open("one").rename(registry.folder_of("better"))
        with pytest.raises(HomeDamaged, match="the signature is not of this home"):
            registry.promote("better", "by hand")

    def test_only_the_owner_reads_the_key(self, registry: FolderRegistry, tmp_path: Path) -> None:
        add(registry, "one")
        assert (tmp_path / "trained/signing.key").stat().st_mode & 0o777 == 0o600
