"""The protocol of a registry: versions of one kind of model, their states, and which of them is in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from shortlist.store.registry.decisions import Decision, State


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was registered. `receipt` says what it was made of, at what cost, and how it compared."""

    name: str
    state: State
    receipt: Mapping[str, Any]


class Registry(Protocol):
    """Versions that never change. A new one is a candidate; then it is approved, in use as champion, and retired.

    Methods that take a name raise `UsageError` for an unknown one.
    """

    def new_folder(self, name: str) -> Path:
        """Return an empty folder for the files of a version, which is none before `add`."""
        ...

    def add(self, name: str, folder: Path, receipt: Mapping[str, Any]) -> None:
        """Sign the files of `folder`, from `new_folder`, and register them as candidate.

        After a kill at any moment, the version is there completely or not at all. Raises `UsageError` if it exists.
        """
        ...

    def versions(self) -> list[Version]:
        """Return all versions, oldest first."""
        ...

    def open(self, name: str) -> Path:
        """Return the folder with the files of a version. Raises `HomeDamaged` if they are not what was signed."""
        ...

    def approve(self, name: str, why: str) -> None:
        """Allow a version to be promoted. Raises as `open`."""
        ...

    def promote(self, name: str, why: str) -> None:
        """Use a version from now on; `NO_MODELS` uses none. Raises as `open`.

        The former champion is retired, and so are versions that were approved and not promoted.
        """
        ...

    def retire(self, name: str, why: str) -> None:
        """Take back an approval. Raises `UsageError` for the champion."""
        ...

    def rollback(self) -> str:
        """Return to the version that was in use before, and return its name. Raises `UsageError` if there is none."""
        ...

    def champion(self) -> str:
        """Return the version in use; `NO_MODELS` if none is."""
        ...

    def waiting(self) -> str | None:
        """Return the newest version that is approved and not yet promoted, or None."""
        ...

    def history(self) -> list[Decision]:
        """Return all decisions, oldest first."""
        ...

    def prune(self, keep: int) -> list[str]:
        """Delete the oldest versions but `keep`, and return their names.

        The champion, the one that a rollback returns to, and approved versions are never deleted.
        """
        ...
