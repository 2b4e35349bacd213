"""The log of decisions about versions: which was approved, used or retired, since when, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from shortlist.core.errors import HomeDamaged, UsageError

FILE = "promoted.json"
NO_MODELS = "none"  # the version that stands for no trained model
ROLLED_BACK = "rolled back"

State = Literal["candidate", "approved", "champion", "retired"]


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the log: the state of a version since `at`, and why."""

    version: str
    at: str
    why: str
    state: State = "champion"  # the only decision of older homes


def history(folder: Path) -> list[Decision]:
    """Return every decision, oldest first. Raises `HomeDamaged` if the file is unreadable."""
    path = folder / FILE
    try:
        return [Decision(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise HomeDamaged(
            f"{path} is damaged",
            expected="a list of decisions",
            found=str(error),
            remedy="delete it, and promote again",
        ) from error


def record(folder: Path, version: str, state: State, why: str) -> None:
    """Write that `version` is in `state` from now on."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entries = [*history(folder), Decision(version, now, why, state)]
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{FILE}.new"
    fresh.write_text(json.dumps([asdict(one) for one in entries], indent=1) + "\n", encoding="utf-8")
    fresh.replace(folder / FILE)


def champion(entries: Sequence[Decision]) -> str:
    """Return the version in use; `NO_MODELS` if none is."""
    return next((one.version for one in reversed(entries) if one.state == "champion"), NO_MODELS)


def states(entries: Sequence[Decision]) -> dict[str, State]:
    """Return the state of each version that was decided about. All others are candidates."""
    found: dict[str, State] = {}
    for one in entries:
        if one.state == "champion":
            found |= {name: "retired" for name, state in found.items() if state in ("approved", "champion")}
        found[one.version] = one.state
    found.pop(NO_MODELS, None)
    return found


def waiting(entries: Sequence[Decision]) -> str | None:
    """Return the version that was approved last and is not yet in use, or None."""
    approved = [name for name, state in states(entries).items() if state == "approved"]
    decided = [one.version for one in entries if one.state == "approved" and one.version in approved]
    return decided[-1] if decided else None


def version_before(entries: Sequence[Decision]) -> str:
    """Return the version that was in use before the current one. Raises `UsageError` if there is none."""
    used, before = NO_MODELS, [NO_MODELS]
    for entry in entries:
        if entry.state != "champion":
            continue
        if entry.why == ROLLED_BACK:
            before.pop()
        elif entry.version != used:
            before.append(entry.version)
        used = entry.version
    if len(before) < 2:
        raise UsageError(
            "nothing to roll back", expected="a promoted version", found="the shipped weights",
            remedy="promote one with `shortlist models promote VERSION`",
        )  # fmt: skip
    return before[-2]
