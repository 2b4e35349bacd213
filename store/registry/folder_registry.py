"""A registry in a folder: each version a folder of its own, the decisions in one file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shortlist.core.errors import HomeDamaged, UsageError
from shortlist.store.registry import decisions
from shortlist.store.registry.decisions import NO_MODELS, Decision
from shortlist.store.registry.registry import Version
from shortlist.store.registry.signature import read_key, sign, verify

VERSIONS, RECEIPT = "versions", "receipt.json"
TRACES = "traces"  # a file in a version that was trained on readers who have been forgotten since


class FolderRegistry:
    """The registry in `folder`. `remedy` tells people what to do about a damaged version. See `Registry`."""

    def __init__(self, folder: Path, remedy: str) -> None:
        self._folder, self._remedy = folder, remedy

    def new_folder(self, name: str) -> Path:
        """See `Registry`."""
        final = self.folder_of(name)
        folder = final.with_name(f".{final.name}.partial")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def add(self, name: str, folder: Path, receipt: Mapping[str, Any]) -> None:
        """See `Registry`."""
        final = self.folder_of(name)
        if final.exists():
            raise UsageError(
                "a version is never changed", expected="a new name", found=name, remedy="train another version"
            )
        (folder / RECEIPT).write_text(json.dumps(receipt, indent=1) + "\n", encoding="utf-8")
        sign(folder, name, read_key(self._folder))
        folder.replace(final)

    def names(self) -> list[str]:
        """Return the names of all complete versions, ascending."""
        return sorted(path.parent.name for path in (self._folder / VERSIONS).glob(f"[!.]*/{RECEIPT}"))

    def versions(self) -> list[Version]:
        """See `Registry`."""
        states = decisions.states(self.history())
        found = [Version(name, states.get(name, "candidate"), self.receipt(name)) for name in self.names()]
        return sorted(found, key=lambda one: str(one.receipt.get("at", "")))

    def receipt(self, name: str) -> dict[str, Any]:
        """Return the receipt of a version. Raises `UsageError` if there is none, `HomeDamaged` if it is unreadable."""
        try:
            found: dict[str, Any] = json.loads((self.folder_of(name) / RECEIPT).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            known = ", ".join(self.names()) or "none"
            remedy = "choose one of `shortlist models history`"
            raise UsageError("unknown version", expected=f"one of {known}", found=repr(name), remedy=remedy) from error
        except (OSError, ValueError) as error:
            raise self.damaged(name, "a receipt", error) from error
        return found

    def open(self, name: str) -> Path:
        """See `Registry`."""
        self.receipt(name)
        folder = self.folder_of(name)
        try:
            verify(folder, read_key(self._folder), frozenset({TRACES}))
        except (OSError, ValueError) as error:
            raise self.damaged(name, "the files that were signed", error) from error
        return folder

    def approve(self, name: str, why: str) -> None:
        """See `Registry`. Nothing changes for the champion."""
        self.open(name)
        if name != self.champion():
            decisions.record(self._folder, name, "approved", why)

    def promote(self, name: str, why: str) -> None:
        """See `Registry`."""
        if name != NO_MODELS:
            self.open(name)
        decisions.record(self._folder, name, "champion", why)

    def retire(self, name: str, why: str) -> None:
        """See `Registry`."""
        self.receipt(name)
        if name == self.champion():
            raise UsageError(
                "the champion is in use", expected="another version", found=name,
                remedy="return to the version before with `shortlist models rollback`",
            )  # fmt: skip
        decisions.record(self._folder, name, "retired", why)

    def rollback(self) -> str:
        """See `Registry`."""
        before = decisions.version_before(self.history())
        self.promote(before, decisions.ROLLED_BACK)
        return before

    def champion(self) -> str:
        """See `Registry`."""
        return decisions.champion(self.history())

    def waiting(self) -> str | None:
        """See `Registry`."""
        return decisions.waiting(self.history())

    def history(self) -> list[Decision]:
        """See `Registry`. Raises `HomeDamaged` if the file is unreadable."""
        return decisions.history(self._folder)

    def prune(self, keep: int) -> list[str]:
        """See `Registry`."""
        entries = self.history()
        needed = {decisions.champion(entries)}
        if needed != {NO_MODELS}:
            needed.add(decisions.version_before(entries))
        oldest = self.versions()[:-keep]
        pruned = [one.name for one in oldest if one.name not in needed and one.state != "approved"]
        for name in pruned:
            self.delete(name)
        return pruned

    def delete(self, name: str) -> None:
        """Delete the files of a version. Its decisions stay in the history."""
        folder = self.folder_of(name)
        (folder / RECEIPT).unlink(missing_ok=True)  # from here on it is no version
        shutil.rmtree(folder, ignore_errors=True)

    def folder_of(self, name: str) -> Path:
        """Return the folder that a version has, or would have. Raises `UsageError` for a name that cannot be."""
        if not name or name.startswith(".") or "/" in name:
            raise UsageError("bad version", expected="a name without `/`", found=repr(name), remedy="correct the name")
        return self._folder / VERSIONS / name

    def damaged(self, name: str, expected: str, error: Exception) -> HomeDamaged:
        """Return the error that says that a version is damaged."""
        return HomeDamaged(f"version {name} is damaged", expected=expected, found=str(error), remedy=self._remedy)
