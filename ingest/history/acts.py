"""What an importer reads: acts, channels that a person follows, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from sys import intern
from typing import Literal

from shortlist.core.types import Action, Kind
from shortlist.ingest.feeds.addresses import followed_address
from shortlist.ingest.records.ids import address_id, text_id

Verb = Literal["watch", "read", "like", "dislike", "save", "search"]

VERBS: dict[Verb, tuple[Action, str]] = {  # the action of the event, and the plural that a preview counts
    "watch": ("view", "watches"), "read": ("view", "reads"), "like": ("like", "likes"),
    "dislike": ("dislike", "dislikes"), "save": ("save", "saves"), "search": ("search", "searches"),
}  # fmt: skip
FIRST = datetime(1990, 1, 1, tzinfo=UTC)  # an earlier time is a mistake


@dataclass(slots=True)
class Act:
    """Something that a person did. `at` is in UTC, or None if the export does not say when.

    `item_id` is made of the address, else of the title, so that exports of one life agree. `seconds` is how long it
    took, `length_s` the length of the video, `text` the text of an article and `text_made_by` its origin, `person`
    whose act it is, where the export has those of several.
    """

    verb: Verb
    at: datetime | None
    url: str = ""
    title: str = ""
    channel: str = ""
    kind: Kind = "video"
    seconds: float | None = None
    length_s: float | None = None
    text: str = ""
    text_made_by: str = "export"
    person: str = ""
    item_id: str = ""

    def __post_init__(self) -> None:
        self.channel = intern(self.channel)  # a history has few, many times
        if not self.item_id:
            self.item_id = address_id(self.url) if self.url else text_id(self.title, "")

    @property
    def key(self) -> tuple[str, Action, int | None]:
        """What is the same in two exports of one life: item, action, and the time to the second."""
        return self.item_id, VERBS[self.verb][0], None if self.at is None else int(self.at.timestamp())


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that a person follows; `url` may be empty."""

    name: str
    url: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", followed_address(self.url))


@dataclass(frozen=True, slots=True)
class Page:
    """An article that a browser showed. It is imported only if its domain is approved."""

    act: Act
    domain: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry of an export that is not imported, and what it is, in the plural: "advertisements"."""

    what: str


Found = Act | Page | Channel | LeftOut


def marked(*marks: tuple[bool, Verb]) -> list[Verb]:
    """Return the verbs whose mark is set."""
    return [verb for is_set, verb in marks if is_set]


def epoch(number: float | str | None, unit: float = 1.0) -> datetime | None:
    """Return the time of a number of seconds since 1970 in UTC, or None; `unit` is the length of one in seconds."""
    try:
        return datetime.fromtimestamp(float(number or "") * unit, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
