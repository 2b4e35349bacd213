"""Four days of MIND as files that arrive: the videos of a day, and what its readers were shown and clicked.

Every second reader is left out, so that four days pass in minutes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

LAST = 16  # items of a history that are delivered
BEFORE = datetime(2019, 11, 9, tzinfo=UTC)  # the times of a history are unknown: half a day apart, before this
APART = timedelta(hours=12)
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Impression:
    """What a reader was shown at a time, and which of it they clicked."""

    user: str
    at: datetime
    history: tuple[str, ...]
    shown: Mapping[str, bool]

    @classmethod
    def of(cls, line: str) -> Impression:
        """Read a line of behaviors.tsv."""
        _, user, at, history, shown = line.rstrip("\n").split("\t")
        pairs = (word.rpartition("-") for word in shown.split())
        when = datetime.strptime(at, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)
        return cls(user, when, tuple(history.split()), {item: clicked == "1" for item, _, clicked in pairs})

    def events(self) -> Iterator[Row]:
        """Yield an event for each item that was shown."""
        for item, clicked in self.shown.items():
            yield _event(self.user, item, "click" if clicked else "impression", self.at)


class MindDays:
    """The impressions in `folder`, which has news.tsv and behaviors.tsv, by day."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        lines = (folder / "behaviors.tsv").read_text("utf-8").splitlines()
        found = (one for one in map(Impression.of, lines) if int(one.user[1:]) % 2)  # U12345
        self._impressions = sorted(found, key=lambda one: (one.at, one.user))

    def of(self, day: date) -> list[Impression]:
        """Return the impressions of `day` in their order."""
        return [one for one in self._impressions if one.at.date() == day]

    def histories(self) -> list[Row]:
        """Return the newest items of the history of each reader, as clicks before the first day."""
        first = {one.user: one.history for one in reversed(self._impressions)}
        return [
            _event(user, item, "click", BEFORE - APART * (place + 1))
            for user, items in sorted(first.items())
            for place, item in enumerate(reversed(items[-LAST:]))
        ]

    def videos(self, day: date) -> list[Row]:
        """Return the news that are first shown on `day`, as videos; on the first day also those of the histories."""
        seen = {row["item_id"] for row in self.histories()}
        before = seen | {item for one in self._impressions if one.at.date() < day for item in one.shown}
        shown = {item for one in self.of(day) for item in one.shown}
        new = shown - before if day > self._impressions[0].at.date() else shown | seen
        return [self._news[one] for one in sorted(new) if one in self._news]

    @cached_property
    def _news(self) -> dict[str, Row]:
        lines = (line.split("\t") for line in (self._folder / "news.tsv").read_text("utf-8").splitlines())
        return {one[0]: {"id": one[0], "title": one[3], "category": one[1]} for one in lines}


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as CSV, whole: the file appears under its name when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    partial.replace(path)


def _event(user: str, item: str, action: str, at: datetime) -> Row:
    return {"user_id": user, "item_id": item, "kind": "video", "action": action, "at": at.isoformat()}
