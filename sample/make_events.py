"""Write events.csv from habits.toml and the items: `python sample/make_events.py`. Same input, same bytes."""

from __future__ import annotations

import csv
import json
import math
import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEED = 20261120
FIRST_DAY, LAST_DAY = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
SHOWN, OFFERED_BY_TASTE = 7, 4  # items shown to a reader at once, and how many of them match the reader's taste
COLUMNS = ("user_id", "item_id", "kind", "action", "at", "dwell_s", "request_id", "position")


@dataclass(frozen=True)
class Item:
    """A video or an article; `length_s` is the time in seconds to watch or read all of it."""

    id: str
    kind: str
    text: str
    length_s: float
    published: datetime


def items() -> list[Item]:
    """Read all videos, then all articles."""
    found = []
    for line in (HERE / "videos.jsonl").read_text(encoding="utf-8").splitlines():
        video = json.loads(line)
        text = " ".join([video["title"], *(video.get("tags") or []), video.get("category") or ""])
        found.append(Item(video["id"], "video", text, video["duration"], datetime.fromisoformat(video["published"])))
    with (HERE / "articles.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text, length = f"{row['title']} {row['category']}", len(row["body"].split()) / 4
            found.append(Item(row["id"], "article", text, length, datetime.fromisoformat(row["published"])))
    return found


def worth(habits: dict[str, Any], item: Item) -> float:
    """Return a reader's utility of an item: the sum of the weights of the words in its text."""
    return sum(w for word, w in habits["likes"].items() if re.search(rf"\b{re.escape(word)}", item.text, re.IGNORECASE))


class Reader:
    """Generates one reader's sessions from their habits."""

    def __init__(self, user_id: str, habits: dict[str, Any], catalogue: list[Item]) -> None:
        self.user_id = user_id
        self.habits = habits
        self.chance = random.Random(f"{SEED} {user_id}")  # noqa: S311
        self.items = {item.id: item for item in catalogue}
        self.kept = set(habits["unseen"]) | set(habits.get("last_session", ()))
        self.taken: set[str] = set()

    def events(self) -> list[dict[str, Any]]:
        """Generate all events in time order."""
        found = []
        for number, start in enumerate(self.starts(), 1):
            found += self.visit(number, start, self.choose(start))
        if "last_session" in self.habits:
            shown = [self.items[item_id] for item_id in self.habits["last_session"]]
            found += self.visit(self.habits["sessions"] + 1, self.habits["last_at"], [(item, True) for item in shown])
        return found[-self.habits.get("events", len(found)) :]

    def starts(self) -> list[datetime]:
        """Draw the starts of the sessions: at most one a day, near the reader's hour."""
        days = sorted(self.chance.sample(range((LAST_DAY - FIRST_DAY).days), self.habits["sessions"]))
        hour = self.habits["hour"]
        return [FIRST_DAY + timedelta(days=day, hours=hour, seconds=round(self.chance.gauss(0, 2400))) for day in days]

    def choose(self, start: datetime) -> list[tuple[Item, bool]]:
        """Return the items shown in one session, each with True if the reader chooses it."""
        fresh = [
            item for item in self.items.values() if item.published < start and item.id not in self.kept | self.taken
        ]
        fresh.sort(key=lambda item: -worth(self.habits, item) - self.noise())
        shown = fresh[:OFFERED_BY_TASTE] + self.chance.sample(fresh[OFFERED_BY_TASTE:], SHOWN - OFFERED_BY_TASTE)
        self.chance.shuffle(shown)
        wanted = sorted(shown, key=lambda item: -worth(self.habits, item) - self.noise())[: self.chance.randint(2, 4)]
        self.taken |= {item.id for item in wanted}
        return [(item, item in wanted) for item in shown]

    def noise(self) -> float:
        """Draw Gumbel noise: sorting by utility plus noise is a draw by softmax."""
        return -0.6 * math.log(-math.log(self.chance.random()))

    def visit(self, number: int, start: datetime, shown: list[tuple[Item, bool]]) -> Iterator[dict[str, Any]]:
        """Yield the events of one session: first all impressions, then the chosen items one by one."""
        request = f"{self.user_id}-{number}"
        for position, (item, _) in enumerate(shown, 1):
            yield self.event(item, "impression", start, None, request, position)
        at = start + timedelta(seconds=self.chance.randint(3, 15))
        for position, (item, taken) in enumerate(shown, 1):
            if taken:
                action, dwell = self.watch(item)
                yield self.event(item, action, at, dwell, request, position)
                at += timedelta(seconds=math.ceil(dwell))
                if (
                    action != "skip"
                    and worth(self.habits, item) > 0
                    and self.chance.random() < self.habits["like_rate"]
                ):
                    yield self.event(item, "like", at, None, request, position)
                at += timedelta(seconds=self.chance.randint(2, 25))

    def watch(self, item: Item) -> tuple[str, float]:
        """Return the reader's action on a chosen item, and its duration in seconds."""
        liking = 1 / (1 + math.exp(1.0 - worth(self.habits, item)))
        if self.chance.random() < self.habits["skip_rate"] * (1 - liking):
            return "skip", round(self.chance.uniform(1.5, 5.0), 1)
        share = self.habits["patience"] * (0.25 + 0.75 * liking) * self.chance.uniform(0.8, 1.15)
        return ("view" if item.kind == "video" else "click"), round(item.length_s * min(share, 1.0), 1)

    def event(
        self, item: Item, action: str, at: datetime, dwell: float | None, request: str, position: int
    ) -> dict[str, Any]:
        """Return one row of events.csv."""
        time = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        row = (self.user_id, item.id, item.kind, action, time, "" if dwell is None else dwell, request, position)
        return dict(zip(COLUMNS, row, strict=True))


def main() -> None:
    """Write events.csv next to this file."""
    catalogue = items()
    habits = tomllib.loads((HERE / "habits.toml").read_text(encoding="utf-8"))
    events = [event for user_id, own in habits.items() for event in Reader(user_id, own, catalogue).events()]
    events.sort(key=lambda event: event["at"])
    with (HERE / "events.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(events)
    print(f"{len(events)} events of {len(habits)} readers")


if __name__ == "__main__":
    main()
