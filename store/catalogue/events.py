"""The events of readers. They have short transactions, no writer lock, and their own sequence numbers."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import cast

from sqlalchemy import ColumnElement, Connection, CursorResult, Select, case, delete, func, select

from shortlist.core.types import ACTIONS, KINDS, SEEN_ACTIONS, Action, Event
from shortlist.core.validation import require
from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.records import Activity
from shortlist.store.catalogue.rows import Columns, event_of, event_row, to_micros
from shortlist.store.lock import WriterLock
from shortlist.store.sql.database import Database
from shortlist.store.sql.dialect import in_list, in_subquery, values_table
from shortlist.store.sql.schema import events, meta, readers, tastes

POSITIVE: tuple[Action, ...] = ("click", "view", "like")
DAY_US = 86_400_000_000
BATCH = 10_000  # events a transaction, so that no other writer waits long
PAGE = 10_000
REMOVAL = "newest removal of events"  # the key in `meta`


class Events(CatalogueTable):
    """The events: add, remove, read and count them.

    An event later than `latest()` is refused. A stored one (of an older version, or from a wrong clock) is listed, but
    ignored in profiles and popularity until its time comes. Co-watch counts treat it as the reader's last watch.
    """

    def __init__(self, database: Database, lock: WriterLock, clock_tolerance_s: float) -> None:
        super().__init__(database, lock)
        self._clock_tolerance_s = clock_tolerance_s

    def latest(self) -> datetime:
        """Return the latest allowed time of an event: now plus `store.clock_tolerance_s`."""
        return datetime.now(UTC) + timedelta(seconds=self._clock_tolerance_s)

    def check_time(self, event: Event) -> Event:
        """Return `event`. Raises `RecordError` if it is later than `latest()`."""
        if event.at > (latest := self.latest()):
            expected = f"{latest.isoformat(timespec='seconds')} or earlier"
            remedy = "correct `at`, or the clock that set it; store.clock_tolerance_s is the allowed difference"
            require(False, "event in the future", expected, event.at.isoformat(), remedy)
        return event

    def add(self, new_events: Sequence[Event]) -> int:
        """Store events and return the number of new ones. A known `event_id` is skipped. Unknown readers are created.

        Long lists are written in several transactions. After an error, add the same list again to complete it.
        Raises `RecordError`, before anything is stored, if an event is later than `latest()`.
        """
        for event in new_events:
            self.check_time(event)
        added = 0
        for start in range(0, len(new_events), BATCH):
            rows = [event_row(event) for event in new_events[start : start + BATCH]]
            with self._database.writing() as connection:
                added += self._add(connection, rows)
        return added

    def _add(self, connection: Connection, rows: Sequence[Columns]) -> int:
        newest = connection.scalar(select(func.max(events.c.seq))) or 0
        result = connection.execute(
            self._database.insert_new(events), rows, execution_options={"preserve_rowcount": True}
        )
        first_seen: dict[str, int] = {}
        for user_id, at in connection.execute(select(events.c.user_id, events.c.at).where(events.c.seq > newest)):
            first_seen[user_id] = min(at, first_seen.get(user_id, at))
        made = [{"id": user_id, "created": at, "interests": "[]"} for user_id, at in first_seen.items()]
        if made:
            connection.execute(self._database.insert_new(readers), made)
        return cast("CursorResult[tuple[()]]", result).rowcount

    def remove(self, event_ids: Iterable[str]) -> int:
        """Delete the events with these ids in one transaction and return their number. Unknown ids are ignored.

        Derived data follows: profiles, seen videos and cached responses at once, popularity and co-watch counts with
        the next snapshot. The descriptions of these readers' tastes are deleted. The readers stay. A removed event may
        be added again.
        """
        chosen = in_list(events.c.event_id, list(event_ids))
        with self._database.writing() as connection:
            user_ids = list(connection.scalars(select(events.c.user_id).where(chosen).distinct()))
            if not user_ids:
                return 0
            removed = connection.execute(delete(events).where(chosen)).rowcount
            connection.execute(delete(tastes).where(in_list(tastes.c.user_id, user_ids)))
            mark = {"key": REMOVAL, "value": secrets.token_hex(8)}
            connection.execute(self._database.replace(meta, mark))
        return removed

    def newest(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        """Return the newest `limit` events of each reader, newest first; of equal times, the one added later first.

        Events later than `latest()` are included. Every id of `user_ids` is a key; a reader without events has an empty
        list.
        """
        return self._newest_of(user_ids, limit)

    def newest_interactions(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        """Return `newest` of videos and articles, without impressions and without events later than `latest()`."""
        acts = [action for action in ACTIONS if action != "impression"]
        items = events.c.kind.in_(KINDS)
        return self._newest_of(user_ids, limit, events.c.action.in_(acts), items, self._not_in_future())

    def _not_in_future(self) -> ColumnElement[bool]:
        return events.c.at <= to_micros(self.latest())

    def _newest_of(
        self, user_ids: Sequence[str], limit: int, *conditions: ColumnElement[bool]
    ) -> dict[str, list[Event]]:
        requested = values_table(dict.fromkeys(user_ids))
        newest = select(events.c.seq).where(events.c.user_id == requested.c.value, *conditions)
        newest = newest.order_by(events.c.at.desc(), events.c.seq.desc()).limit(limit).correlate(requested)
        # One index scan for each reader: a history of any length costs `limit` rows.
        own = events.alias("own")
        statement = select(own).select_from(requested.join(own, in_subquery(own.c.seq, newest)))
        statement = statement.order_by(own.c.user_id, own.c.at.desc(), own.c.seq.desc())
        found: dict[str, list[Event]] = {user_id: [] for user_id in user_ids}
        with self._database.reading() as connection:
            for row in connection.execute(statement):
                found[row.user_id].append(event_of(row))
        return found

    def activity(self, user_ids: Sequence[str]) -> dict[str, Activity]:
        """Return the activity of each reader over all events up to `latest()`. Every id of `user_ids` is a key."""
        theirs = in_list(events.c.user_id, dict.fromkeys(user_ids)) & self._not_in_future()
        counted = select(events.c.user_id, func.count()).where(theirs).group_by(events.c.user_id)
        watched = (events.c.kind == "video") & events.c.action.in_(SEEN_ACTIONS)
        pairs = select(events.c.user_id, events.c.item_id).where(theirs, watched).distinct()
        seen: dict[str, set[str]] = {user_id: set() for user_id in user_ids}
        with self._database.snapshot(), self._database.reading() as connection:
            numbers = {row[0]: row[1] for row in connection.execute(counted)}
            for user_id, item_id in connection.execute(pairs):
                seen[user_id].add(item_id)
            disliked: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
            for row in connection.execute(_disliked(theirs)):
                disliked[row.user_id, row.kind].add(row.item_id)
        return {
            user_id: Activity(
                numbers.get(user_id, 0),
                frozenset(items),
                *(frozenset(disliked.get((user_id, kind), ())) for kind in ("video", "channel")),
            )
            for user_id, items in seen.items()
        }

    def get_many(self, event_ids: Iterable[str]) -> dict[str, Event]:
        """Return the events with these ids, by id. Unknown ids are left out."""
        with self._database.reading() as connection:
            rows = connection.execute(select(events).where(in_list(events.c.event_id, event_ids)))
            return {row.event_id: event_of(row) for row in rows}

    def get_numbered(self, number: int) -> Event | None:
        """Return the event with this sequence number, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(events).where(events.c.seq == number)).one_or_none()
        return event_of(row) if row else None

    def conflicting(self, new_events: Sequence[Event]) -> list[Event]:
        """Return those of `new_events` whose id belongs to a different stored event."""
        rows = [event_row(event) for event in new_events]
        columns = [events.c[name] for name in rows[0]] if rows else []
        known = select(*columns).where(in_list(events.c.event_id, (row["event_id"] for row in rows)))
        with self._database.reading() as connection:
            stored = {row.event_id: tuple(row) for row in connection.execute(known)} if rows else {}
        pairs = zip(new_events, rows, strict=True)
        return [event for event, row in pairs if stored.get(event.event_id, ()) not in ((), tuple(row.values()))]

    def iterate(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        """Yield (sequence number, event) for every event added after number `after`, in the order of addition."""
        while True:
            page = select(events).where(events.c.seq > after).order_by(events.c.seq).limit(PAGE)
            with self._database.reading() as connection:
                rows = list(connection.execute(page))
            if not rows:
                return
            yield from ((row.seq, event_of(row)) for row in rows)
            after = rows[-1].seq

    def iterate_watches(self, after: int = 0) -> Iterator[list[tuple[str, int]]]:
        """Yield, for each reader with a click, view or like of a video after number `after`, all their such events.

        Each event is (video id, sequence number), and a reader's events are in time order.
        """
        positive = events.c.action.in_(POSITIVE) & (events.c.kind == "video")
        watches = select(events.c.user_id, events.c.item_id, events.c.seq).where(positive)
        if after:
            recent = select(events.c.user_id).where(positive, events.c.seq > after)
            watches = watches.where(events.c.user_id.in_(recent))
        watches = watches.order_by(events.c.user_id, events.c.at, events.c.seq)
        with self._database.reading() as connection:
            for _, rows in groupby(connection.execute(watches), key=itemgetter(0)):
                yield [(item_id, number) for _, item_id, number in rows]

    def iterate_choices(self) -> Iterator[tuple[str, list[tuple[str, int, Action, float | None]]]]:
        """Yield each reader with their clicks, views and likes of videos in time order, none of them in the future.

        An event is (video id, microseconds since 1970, action, dwell time in seconds or None).
        """
        positive = events.c.action.in_(POSITIVE) & (events.c.kind == "video") & self._not_in_future()
        columns = (events.c.user_id, events.c.item_id, events.c.at, events.c.action, events.c.dwell_s)
        choices = select(*columns).where(positive).order_by(events.c.user_id, events.c.at, events.c.seq)
        with self._database.reading() as connection:
            for user_id, rows in groupby(connection.execute(choices), key=itemgetter(0)):
                yield user_id, [(item_id, at, action, dwell_s) for _, item_id, at, action, dwell_s in rows]

    def iterate_log(self, days: float) -> Iterator[tuple[str, int, bool]]:
        """Yield (video id, microseconds since 1970, chosen) for the impressions and choices of the newest `days`.

        `chosen` is True for a click, view or like. Events in the future are left out.
        """
        shown = events.c.action.in_(("impression", *POSITIVE)) & (events.c.kind == "video") & self._not_in_future()
        with self._database.reading() as connection:
            newest = connection.scalar(select(func.max(events.c.at)).where(shown)) or 0
            log = select(events.c.item_id, events.c.at, events.c.action).where(
                shown, events.c.at > newest - days * DAY_US
            )
            for item_id, at, action in connection.execute(log):
                yield item_id, at, action != "impression"

    def last_number(self) -> int:
        """Return the sequence number of the event added last; 0 before the first."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(events.c.seq))) or 0

    def version(self) -> tuple[int, str]:
        """Return the newest sequence number and a mark of the newest removal.

        The value changes with every event added or removed. After a removal, numbers may be reused.
        """
        newest = select(func.max(events.c.seq)).scalar_subquery()
        removal = select(meta.c.value).where(meta.c.key == REMOVAL).scalar_subquery()
        with self._database.reading() as connection:
            number, mark = connection.execute(select(newest, removal)).one()
        return number or 0, mark or ""

    def popularity(self, half_life_days: float) -> dict[str, float]:
        """Return the decayed number of readers who clicked, viewed or liked each video, by video id.

        A reader counts once for each video, halved for every half-life between their last such event and the newest
        event of all. No event counts more than one of now, and events later than `latest()` are ignored: a wrong clock
        must not make all others old.
        """
        positive = events.c.action.in_(POSITIVE) & (events.c.kind == "video") & self._not_in_future()
        last = select(events.c.item_id, func.max(events.c.at)).where(positive)
        totals: dict[str, float] = defaultdict(float)
        with self._database.reading() as connection:
            newest = connection.scalar(select(func.max(events.c.at)).where(positive))
            newest = min(newest or 0, to_micros(datetime.now(UTC)) or 0)
            for item_id, at in connection.execute(last.group_by(events.c.item_id, events.c.user_id)):
                totals[item_id] += 0.5 ** (max(0, newest - at) / (half_life_days * DAY_US))
        return dict(totals)


def _disliked(theirs: ColumnElement[bool]) -> Select[tuple[str, str, str]]:
    """Select (user_id, kind, item_id) of what was disliked after it was last liked."""
    last_dislike = func.max(case((events.c.action == "dislike", events.c.at)))
    last_like = func.max(case((events.c.action == "like", events.c.at)))
    judged = select(events.c.user_id, events.c.kind, events.c.item_id).where(
        theirs, events.c.action.in_(("like", "dislike"))
    )
    later = last_dislike.is_not(None) & (last_like.is_(None) | (last_dislike >= last_like))
    return judged.group_by(events.c.user_id, events.c.kind, events.c.item_id).having(later)
