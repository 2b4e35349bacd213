"""Stores what readers say about videos of a list as events, takes it back, and keeps what they want of every list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shortlist.agent.chat.chat_state import Document
from shortlist.core.types import Action, Event, Objective


class EventLog(Protocol):
    """The events of readers; `store.catalogue.events` implements it."""

    def add(self, new_events: Sequence[Event]) -> object:
        """Store events."""
        ...

    def remove(self, event_ids: Iterable[str], user_id: str) -> int:
        """Delete the events of a reader with these ids and return their number."""
        ...


class ObjectiveStore(Protocol):
    """The readers' own objectives; `store.catalogue.readers` implements it."""

    def put(self, user_id: str, objective: Objective) -> None:
        """Store the objective of a reader. Raises `UnknownReader`."""
        ...


@dataclass(frozen=True, slots=True)
class Feedback:
    """Stores feedback in `events` with the current time, `now()`, and standing wishes in `objectives`."""

    events: EventLog
    objectives: ObjectiveStore
    now: Callable[[], datetime]

    def judge(self, user: str, action: Action, items: Sequence[Document]) -> tuple[str, ...]:
        """Store `action` of `user` for each video of `items`, and return the ids of the events."""
        return self._add(
            [
                Event(
                    user, item["video_id"], "video", action, self.now(),
                    request_id=item.get("request_id"), position=item["rank"], variant=item.get("variant"),
                )
                for item in items
            ]
        )  # fmt: skip

    def dislike_channel(self, user: str, channel: str) -> tuple[str, ...]:
        """Store that `user` dislikes `channel`, and return the id of the event."""
        return self._add([Event(user, channel, "channel", "dislike", self.now())])

    def take_back(self, user: str, event_ids: Sequence[str]) -> int:
        """Delete the events of earlier feedback and return their number; those removed meanwhile do not count."""
        return self.events.remove(event_ids, user)

    def _add(self, events: Sequence[Event]) -> tuple[str, ...]:
        self.events.add(events)
        return tuple(event.event_id for event in events)
