"""The history of promoted versions in a folder: which version was in use since when, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from shortlist.core.errors import HomeDamaged, UsageError

FILE = "promoted.json"
NO_MODELS = "none"  # the version that stands for no trained model
ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class Promotion:
    """One line of the history: the version in use since `at`, and why."""

    version: str
    at: str
    why: str


def history(folder: Path) -> list[Promotion]:
    """Return every promotion and rollback, oldest first. Raises `HomeDamaged` if the file is unreadable."""
    path = folder / FILE
    try:
        return [Promotion(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise HomeDamaged(
            f"{path} is damaged",
            expected="a list of promotions",
            found=str(error),
            remedy="delete it, and promote again",
        ) from error


def current(folder: Path) -> str:
    """Return the version in use; `NO_MODELS` if none is."""
    entries = history(folder)
    return entries[-1].version if entries else NO_MODELS


def record(folder: Path, version: str, why: str) -> None:
    """Write that `version` is in use from now on."""
    entries = [*history(folder), Promotion(version, datetime.now(UTC).isoformat(timespec="seconds"), why)]
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{FILE}.new"
    fresh.write_text(json.dumps([asdict(one) for one in entries], indent=1) + "\n", encoding="utf-8")
    fresh.replace(folder / FILE)


def version_before(entries: Sequence[Promotion]) -> str:
    """Return the version that was in use before the current one. Raises `UsageError` if there is none."""
    used, before = NO_MODELS, [NO_MODELS]
    for entry in entries:
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
