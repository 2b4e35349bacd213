"""The events of readers. They have short transactions, no writer lock, and their own sequence numbers."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
)

from shortlist.core.types import ACTIONS, KINDS, SEEN_ACTIONS, Action, Event
from shortlist.core.validation import require
from shortlist.store.catalogue.base import CatalogueTable
from shortlist.store.catalogue.results import Activity
from shortlist.store.catalogue.rows import Columns, event_of, event_row, from_micros, to_micros
from shortlist.store.lock import WriterLock
from shortlist.store.sql.database import Database
from shortlist.store.sql.dialect import PARAMETER, in_list, in_parameter, in_subquery, parameter_table
from shortlist.store.sql.schema import events, exposures, meta, readers, tastes

POSITIVE: tuple[Action, ...] = ("click", "view", "like")
DAY_US = 86_400_000_000
BATCH = 10_000  # events a transaction, so that no other writer waits long
PAGE = 10_000
RECENT = 1_000
REMOVAL = "newest removal of events"  # the key in `meta`

LATEST = "latest"  # a parameter: events later than this time are left out
_NOT_IN_FUTURE = events.c.at <= bindparam(LATEST, type_=BigInteger)


def _newest_events(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Select the newest events of each of some readers: one index scan a reader, however long the history is."""
    requested, own = parameter_table(), events.alias("own")
    newest = select(events.c.seq).where(events.c.user_id == requested.c.value, *conditions)
    newest = newest.order_by(events.c.at.desc(), events.c.seq.desc()).limit(bindparam("limit")).correlate(requested)
    chosen = select(own).select_from(requested.join(own, in_subquery(own.c.seq, newest)))
    return chosen.order_by(own.c.user_id, own.c.at.desc(), own.c.seq.desc())


_NEWEST = _newest_events()
_NEWEST_ACTS = _newest_events(
    events.c.action.in_([action for action in ACTIONS if action != "impression"]),
    events.c.kind.in_(KINDS),
    _NOT_IN_FUTURE,
)
_SEEN = (events.c.kind == "video") & events.c.action.in_(SEEN_ACTIONS)
_ITEM = case((_SEEN | events.c.action.in_(("like", "dislike")), events.c.item_id))  # one group for all other events
_ACTIVITY = (
    select(
        events.c.user_id,
        events.c.kind,
        _ITEM.label("item"),
        func.count(),
        func.max(case((_SEEN, 1), else_=0)),
        func.max(case((events.c.action == "like", events.c.at))),
        func.max(case((events.c.action == "dislike", events.c.at))),
    )
    .where(in_parameter(events.c.user_id), _NOT_IN_FUTURE)
    .group_by(events.c.user_id, events.c.kind, literal_column("item"))
)


class _Tally:
    """The number of a reader's events, and the ids of what they have seen, and of each kind that they dislike."""

    def __init__(self) -> None:
        self.n_events = 0
        self.ids: defaultdict[str, set[str]] = defaultdict(set)

    def add(
        self, kind: str, item: str | None, number: int, seen: int, last_like: int | None, last_dislike: int | None
    ) -> None:
        """Add a row of `_ACTIVITY`: `number` events of an item, or of all items that are neither seen nor judged."""
        self.n_events += number
        if item is None:
            return
        if seen:
            self.ids["seen"].add(item)
        if last_dislike is not None and (last_like is None or last_dislike >= last_like):
            self.ids[kind].add(item)


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
        """Store events and return the number of new ones. An `event_id` that its reader has is skipped.

        Unknown readers are created. Long lists are written in several transactions. After an error, add the same list
        again to complete it.
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
        last = select(events.c.seq, events.c.arrived).order_by(events.c.seq.desc()).limit(1)
        newest, latest = next(iter(connection.execute(last)), (0, None))
        arrived = max(to_micros(datetime.now(UTC)) or 0, latest or 0)  # a clock that was set back changes no order
        result = connection.execute(
            self._database.insert_new(events),
            [{**row, "arrived": arrived} for row in rows],
            execution_options={"preserve_rowcount": True},
        )
        first_seen: dict[str, int] = {}
        for user_id, at in connection.execute(select(events.c.user_id, events.c.at).where(events.c.seq > newest)):
            first_seen[user_id] = min(at, first_seen.get(user_id, at))
        made = [{"id": user_id, "created": at, "interests": "[]"} for user_id, at in first_seen.items()]
        if made:
            connection.execute(self._database.insert_new(readers), made)
        return cast("CursorResult[tuple[()]]", result).rowcount

    def remove(self, event_ids: Iterable[str], user_id: str | None = None) -> int:
        """Delete the events with these ids, of one reader or all, in one transaction and return their number.

        Unknown ids are ignored. Derived data follows: profiles, seen videos and cached responses at once, popularity
        and co-watch counts with the next snapshot. The descriptions of these readers' tastes are deleted. The readers
        stay. A removed event may be added again.
        """
        chosen = in_list(events.c.event_id, list(event_ids))
        if user_id is not None:
            chosen &= events.c.user_id == user_id
        with self._database.writing() as connection:
            user_ids = list(connection.scalars(select(events.c.user_id).where(chosen).distinct()))
            if not user_ids:
                return 0
            removed = connection.execute(delete(events).where(chosen)).rowcount
            connection.execute(delete(tastes).where(in_list(tastes.c.user_id, user_ids)))
            mark_removal(connection, self._database)
        return removed

    def newest(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        """Return the newest `limit` events of each reader, newest first; of equal times, the one added later first.

        Events later than `latest()` are included. Every id of `user_ids` is a key; a reader without events has an empty
        list.
        """
        return self._newest_of(_NEWEST, user_ids, {"limit": limit})

    def newest_interactions(self, user_ids: Sequence[str], limit: int) -> dict[str, list[Event]]:
        """Return `newest` of videos and articles, without impressions and without events later than `latest()`."""
        return self._newest_of(_NEWEST_ACTS, user_ids, {"limit": limit, LATEST: to_micros(self.latest())})

    def _not_in_future(self) -> ColumnElement[bool]:
        return events.c.at <= to_micros(self.latest())

    def _newest_of(
        self, statement: Select[Any], user_ids: Sequence[str], values: Mapping[str, object]
    ) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = {user_id: [] for user_id in user_ids}
        with self._database.reading() as connection:
            for row in connection.execute(statement, {PARAMETER: list(found), **values}):
                found[row.user_id].append(event_of(row))
        return found

    def activity(self, user_ids: Sequence[str]) -> dict[str, Activity]:
        """Return the activity of each reader over all events up to `latest()`. Every id of `user_ids` is a key."""
        found = {user_id: _Tally() for user_id in user_ids}
        values = {PARAMETER: list(found), LATEST: to_micros(self.latest())}
        with self._database.reading() as connection:
            for user_id, *item in connection.execute(_ACTIVITY, values):
                found[user_id].add(*item)
        return {
            user_id: Activity(tally.n_events, *(frozenset(tally.ids[one]) for one in ("seen", "video", "channel")))
            for user_id, tally in found.items()
        }

    def get_many(self, event_ids: Iterable[str]) -> list[Event]:
        """Return the events with these ids, oldest first. Several readers may have an event with the same id."""
        chosen = select(events).where(in_list(events.c.event_id, event_ids)).order_by(events.c.seq)
        with self._database.reading() as connection:
            return [event_of(row) for row in connection.execute(chosen)]

    def get_numbered(self, number: int) -> Event | None:
        """Return the event with this sequence number, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(events).where(events.c.seq == number)).one_or_none()
        return event_of(row) if row else None

    def conflicting(self, new_events: Sequence[Event]) -> list[Event]:
        """Return those of `new_events` whose id belongs to a different stored event of the same reader."""
        rows = [event_row(event) for event in new_events]
        columns = [events.c[name] for name in rows[0]] if rows else []
        known = select(*columns).where(in_list(events.c.event_id, (row["event_id"] for row in rows)))
        with self._database.reading() as connection:
            stored = {(row.event_id, row.user_id): tuple(row) for row in connection.execute(known)} if rows else {}
        pairs = zip(new_events, rows, strict=True)
        return [
            event
            for event, row in pairs
            if stored.get((event.event_id, event.user_id), ()) not in ((), tuple(row.values()))
        ]

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

    def answering(self, since: datetime) -> dict[str, list[Event]]:
        """Return the events since a time of readers about their recorded lists, by request id, oldest first."""
        own = (exposures.c.request_id == events.c.request_id) & (exposures.c.user_id == events.c.user_id)
        about_lists = select(events).join(exposures, own).where(events.c.at >= to_micros(since))
        found: defaultdict[str, list[Event]] = defaultdict(list)
        with self._database.reading() as connection:
            for row in connection.execute(about_lists.order_by(events.c.at, events.c.seq)):
                found[row.request_id].append(event_of(row))
        return dict(found)

    def last_number(self, user_id: str | None = None, until: int | None = None) -> int:
        """Return the sequence number of the event added last, by all or one reader; 0 before the first.

        Numbers above `until` do not count.
        """
        newest = select(func.max(events.c.seq))
        if user_id is not None:
            newest = newest.where(events.c.user_id == user_id)
        if until is not None:
            newest = newest.where(events.c.seq <= until)
        with self._database.reading() as connection:
            return connection.scalar(newest) or 0

    def newest_time(self) -> datetime | None:
        """Return the newest time among the `RECENT` events added last, or None without events."""
        newest = select(func.max(events.c.seq)).scalar_subquery()
        with self._database.reading() as connection:
            return from_micros(connection.scalar(select(func.max(events.c.at)).where(events.c.seq > newest - RECENT)))

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


def mark_removal(connection: Connection, database: Database) -> None:
    """Change the mark of `Events.version`, in the transaction that removes events."""
    connection.execute(database.replace(meta, {"key": REMOVAL, "value": secrets.token_hex(8)}))
