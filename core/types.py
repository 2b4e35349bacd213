"""Frozen records of the catalogue: articles, videos, readers, events, and the profile computed from them.

Times are aware datetimes in UTC, durations and dwell times are seconds. A record that breaks its invariant raises
`RecordError` at construction, so that no later stage needs to check again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from shortlist.core.validation import (
    check_id,
    check_number,
    check_seconds,
    check_text,
    check_time,
    check_title,
    require,
)

Kind = Literal["article", "video", "channel"]
Action = Literal["impression", "click", "view", "like", "skip", "dislike", "save", "search"]
Origin = Literal["captions", "auto_captions", "whisper", "given"]

KINDS: tuple[Kind, ...] = ("article", "video")
EVENT_KINDS: tuple[Kind, ...] = (*KINDS, "channel")  # a channel can only be disliked
ACTIONS: tuple[Action, ...] = ("impression", "click", "view", "like", "skip", "dislike", "save", "search")
ORIGINS: tuple[Origin, ...] = ("captions", "auto_captions", "whisper", "given")
ME = "me"  # the reader of a home that one person uses
IMPORT_REQUEST = "import:"  # and the id of an import: the request of events that it brought
SEEN_ACTIONS: frozenset[Action] = frozenset({"view", "click", "like", "skip", "dislike"})

_ONE_OF_KINDS = f"one of {', '.join(EVENT_KINDS)}"
_ONE_OF_ACTIONS = f"one of {', '.join(ACTIONS)}"
_ONE_OF_ORIGINS = f"one of {', '.join(ORIGINS)}"

EXTRACTIVE = "extractive"
KEYWORDS = "keywords"
ZERO_SHOT = "zero-shot:"
GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech. `start_s` and `end_s` are both given or both None (untimed text)."""

    text: str
    start_s: float | None = None
    end_s: float | None = None

    def __post_init__(self) -> None:
        check_text(self.text, "segment")
        check_seconds(self.start_s, "segment start")
        check_seconds(self.end_s, "segment end")
        times = (self.start_s, self.end_s)
        require((self.start_s is None) == (self.end_s is None), "half-timed segment", "both times or none", times)
        if self.start_s is not None and self.end_s is not None:
            require(self.start_s <= self.end_s, "segment runs backwards", "start <= end", times)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The speech of a video; may be empty (silence, music). Timed segments are ordered and never overlap."""

    segments: tuple[Segment, ...] = ()
    language: str | None = None
    origin: Origin = "given"

    def __post_init__(self) -> None:
        check_text(self.language, "transcript language")
        require(self.origin in ORIGINS, "bad transcript origin", _ONE_OF_ORIGINS, self.origin)
        end = 0.0
        for segment in self.segments:
            if segment.start_s is not None and segment.end_s is not None:
                if segment.start_s < end - 1e-6:
                    require(False, "segments overlap", f"a start at {end} s or later", segment.start_s)
                end = segment.end_s

    @property
    def text(self) -> str:
        return " ".join(segment.text.strip() for segment in self.segments if segment.text.strip())


@dataclass(frozen=True, slots=True)
class Attributed:
    """A value and its author: MODEL:PROMPT@VERSION, `zero-shot:ENCODER`, `extractive` or `given`."""

    value: str
    made_by: str

    def __post_init__(self) -> None:
        check_text(self.value, "value")
        check_text(self.made_by, "made_by")
        require(bool(self.made_by.strip()), "value without an author", "made_by that names the author", self.made_by)


def _is_guess(made: Attributed | None) -> bool:
    return made is not None and made.made_by != GIVEN


@dataclass(frozen=True, slots=True)
class Enrichment:
    """Values added to a video or article, each with its author; `tags` share one author."""

    summary: Attributed | None = None
    category: Attributed | None = None
    tags: tuple[str, ...] = ()
    tags_made_by: str | None = None
    rewritten_title: Attributed | None = None

    def __post_init__(self) -> None:
        for tag in self.tags:
            check_text(tag, "tag")
        check_text(self.tags_made_by, "tags_made_by")
        has_author = bool(self.tags) == (self.tags_made_by is not None)
        require(has_author, "tags without an author", "tags_made_by exactly where there are tags", self.tags_made_by)


@dataclass(frozen=True, slots=True)
class Article:
    """A text that people read. `id` and `title` are not blank.

    A `category` that the source did not give is also in `enrichment`, with its author.
    """

    id: str
    title: str
    body: str = ""
    category: str | None = None
    published: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    enrichment: Enrichment = Enrichment()

    def __post_init__(self) -> None:
        check_id(self.id, "article id")
        check_title(self.title, "article without a title")
        check_text(self.body, "body")
        check_text(self.category, "category")
        check_time(self.published, "published time")

    @property
    def category_is_guess(self) -> bool:
        """True if the category was not given by the source of the article."""
        return _is_guess(self.enrichment.category)


@dataclass(frozen=True, slots=True)
class Video:
    """A short video that can be recommended. `metadata` holds source columns that have no field here."""

    id: str
    title: str
    channel: str | None = None
    url: str | None = None
    duration_s: float | None = None
    published: datetime | None = None
    language: str | None = None
    description: str = ""
    transcript: Transcript = Transcript()
    enrichment: Enrichment = Enrichment()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_id(self.id, "video id")
        check_title(self.title, "video without a title")
        for what in ("channel", "url", "language", "description"):
            check_text(getattr(self, what), what)
        check_seconds(self.duration_s, "duration")
        check_time(self.published, "published time")

    @property
    def category(self) -> str | None:
        return self.enrichment.category.value if self.enrichment.category else None

    @property
    def category_is_guess(self) -> bool:
        """True if the category was not given by the source of the video."""
        return _is_guess(self.enrichment.category)

    @property
    def display_title(self) -> str:
        """The rewritten title if there is one, else the original."""
        return self.enrichment.rewritten_title.value if self.enrichment.rewritten_title else self.title

    @property
    def summary(self) -> str | None:
        return self.enrichment.summary.value if self.enrichment.summary else None


@dataclass(frozen=True, slots=True)
class Outline:
    """The fields of a video or article that a reader's history needs. An article has no duration."""

    title: str
    category: str | None = None
    category_is_guess: bool = False
    duration_s: float | None = None

    @classmethod
    def of(cls, record: Video | Article) -> Outline:
        """Return the outline of a whole record."""
        duration_s = record.duration_s if isinstance(record, Video) else None
        return cls(record.title, record.category, record.category_is_guess, duration_s)


@dataclass(frozen=True, slots=True)
class Reader:
    """A person who reads and watches."""

    id: str
    created: datetime | None = None
    interests: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_id(self.id, "user id")
        check_time(self.created, "created time")
        for interest in self.interests:
            check_text(interest, "interest")


@dataclass(frozen=True, slots=True)
class Event:
    """An action of a reader. Two events with the same `event_id` are the same event.

    An event of the kind `channel` has the channel's name as `item_id`, and the action `dislike`.
    """

    user_id: str
    item_id: str
    kind: Kind
    action: Action
    at: datetime
    dwell_s: float | None = None
    event_id: str = ""
    request_id: str | None = None
    position: int | None = None
    variant: str | None = None

    def __post_init__(self) -> None:
        check_id(self.user_id, "user id")
        check_id(self.item_id, "item id")
        require(self.kind in EVENT_KINDS, "bad kind", _ONE_OF_KINDS, self.kind)
        require(self.action in ACTIONS, "bad action", _ONE_OF_ACTIONS, self.action)
        about_channel = self.kind == "channel" and self.action != "dislike"
        require(not about_channel, "bad action on a channel", "dislike", self.action)
        check_time(self.at, "event time")
        check_seconds(self.dwell_s, "dwell time")
        check_number(self.position, "position")
        check_text(self.request_id, "request id")
        check_text(self.variant, "variant")
        if not self.event_id:
            object.__setattr__(self, "event_id", self._hash())
        check_id(self.event_id, "event id")

    def _hash(self) -> str:
        parts = (self.user_id, self.item_id, self.kind, self.action, self.at.astimezone(UTC).isoformat())
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """An item in a profile's history. `weight` is signed: a skip or dislike is negative.

    `category_is_guess` is true if no source gave the category.
    """

    item_id: str
    kind: Kind
    action: Action
    at: datetime
    dwell_s: float | None
    title: str
    category: str | None
    weight: float
    category_is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Objective:
    """What a reader wants of every list, as they say it themselves. An empty one changes nothing.

    `categories` and `channels` are pairs of a name and an amount, from -1 (much less of it) to 1 (much more), sorted by
    name. Videos longer than `length_s` seconds are wanted less. An amount or a length of 0 says nothing by itself, but
    removes what it is merged with.
    """

    categories: tuple[tuple[str, float], ...] = ()
    channels: tuple[tuple[str, float], ...] = ()
    length_s: float | None = None

    def __post_init__(self) -> None:
        for what, pairs in (("category", self.categories), ("channel", self.channels)):
            names = [name for name, _ in pairs]
            require(names == sorted(set(names)), f"bad objective by {what}", "names once each, sorted", names)
            for name, amount in pairs:
                check_title(name, f"objective without a {what}")
                require(-1 <= amount <= 1, f"bad amount of “{name}”", "a number from -1 to 1", amount)
        check_seconds(self.length_s, "preferred length")

    def merged(self, newer: Objective) -> Objective:
        """Return this objective with the entries of `newer` in the place of those with the same names."""
        return Objective(
            _merged(self.categories, newer.categories),
            _merged(self.channels, newer.channels),
            (self.length_s if newer.length_s is None else newer.length_s) or None,
        )


def _merged(
    older: tuple[tuple[str, float], ...], newer: tuple[tuple[str, float], ...]
) -> tuple[tuple[str, float], ...]:
    return tuple((name, amount) for name, amount in sorted({**dict(older), **dict(newer)}.items()) if amount)


NO_OBJECTIVE = Objective()


@dataclass(frozen=True, slots=True)
class Profile:
    """A reader at one moment, history newest first. Positive weights sum to 1, or there are none.

    `categories` maps a category to its share of the positive weight. `seen` holds the ids of videos that the reader
    viewed, clicked, liked, skipped or disliked. `disliked` holds those they disliked after they last liked them, and
    `disliked_channels` the names of the channels they disliked. `session_start` is the time of the current session's
    first event, if any. `objective` is the reader's own.
    """

    user_id: str
    history: tuple[HistoryItem, ...] = ()
    categories: Mapping[str, float] = field(default_factory=dict)
    session_start: datetime | None = None
    seen: frozenset[str] = frozenset()
    n_events: int = 0
    interests: tuple[str, ...] = ()
    disliked: frozenset[str] = frozenset()
    disliked_channels: frozenset[str] = frozenset()
    objective: Objective = NO_OBJECTIVE

    def __post_init__(self) -> None:
        positive = sum(item.weight for item in self.history if item.weight > 0)
        require(
            positive == 0 or abs(positive - 1) < 1e-6,
            "unnormalised profile",
            "positive weights that sum to 1",
            positive,
        )

    @property
    def liked(self) -> tuple[HistoryItem, ...]:
        """The items with a positive weight, newest first."""
        return tuple(item for item in self.history if item.weight > 0)

    @property
    def guessed_categories(self) -> frozenset[str]:
        """The categories whose share counts items with a guessed category."""
        return frozenset(item.category for item in self.liked if item.category and item.category_is_guess)
