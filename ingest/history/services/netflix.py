"""Netflix: the full viewing activity with its profiles, the short history, and the ratings. It has titles only."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from shortlist.core.errors import UsageError
from shortlist.ingest.feeds.feed import moment
from shortlist.ingest.history.acts import Act, Found, LeftOut, Verb
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, open_text

ACTIVITY = re.compile(r"^[^,\n]+,\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d?\d:\d\d:\d\d,", re.MULTILINE)
SHORT = re.compile(r'^[^,\n"]+,[^,\n"]+\r?\n"?.*"?,"?\d{1,4}[-./]\d{1,2}[-./]\d{1,4}"?\r?$', re.MULTILINE)
RATINGS = frozenset({"title name", "thumbs value", "event utc ts"})
DATE = re.compile(r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})")
THUMBS_UP, THUMBS_DOWN = 2, 1
TRAILER, NO_ROW = LeftOut("trailers and previews"), LeftOut("rows of another form")
NO_TIME = LeftOut("entries whose time cannot be read")
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = (2, 1, 0), (2, 0, 1), (0, 1, 2)  # places of year, month and day
Order = tuple[int, int, int]


def is_activity(head: Head) -> float:
    """A profile, a start and a duration in each row; the header is translated."""
    return 0.9 if head.text.split("\n", 1)[0].count(",") >= 9 and ACTIVITY.search(head.text) else 0.0


def read_activity(part: Part) -> Iterator[Found]:
    """Yield a watch for each row, with how long it took and whose profile it is."""
    with open_text(part.path) as file:
        rows = csv.reader(file)
        next(rows, None)
        for row in rows:
            if len(row) < 6:
                yield NO_ROW
            elif row[5].strip():  # a trailer, a teaser, a hook
                yield TRAILER
            elif (at := moment(row[1])) is None:
                yield NO_TIME
            else:
                yield Act("watch", at, title=row[4].strip(), seconds=_seconds(row[2]), person=row[0].strip())


def _seconds(text: str) -> float | None:
    hours, minutes, seconds = ([*text.split(":"), "", ""])[:3]
    return int(hours) * 3600.0 + int(minutes) * 60 + int(seconds) if text.replace(":", "").isdigit() else None


def is_short(head: Head) -> float:
    """Two columns, title and date."""
    return 0.7 if SHORT.match(head.text) else 0.0


def read_short(part: Part) -> Iterator[Found]:
    """Yield a watch for each row. The order of day and month is settled by the whole column.

    Raises `UsageError` if both orders are possible, and the part does not say which.
    """
    with open_text(part.path) as file:
        rows = [row for row in csv.reader(file) if len(row) == 2][1:]
    numbers = [tuple(map(int, found.groups())) if (found := DATE.fullmatch(row[1].strip())) else None for row in rows]
    dotted = any("." in row[1] for row in rows)
    order = _order([one for one in numbers if one], dotted, part)
    for row, one in zip(rows, numbers, strict=True):
        at = _date(one, order) if one else None
        yield NO_TIME if at is None else Act("watch", at, title=row[0].strip())


def _order(numbers: list[tuple[int, ...]], dotted: bool, part: Part) -> Order:
    if any(one[0] > 31 for one in numbers):
        return YEAR_FIRST
    if dotted or part.day_first:
        return DAY_FIRST
    if part.day_first is False:
        return MONTH_FIRST
    possible = [order for order in (DAY_FIRST, MONTH_FIRST) if all(_date(one, order) for one in numbers)]
    if len(possible) > 1:  # the newest comes first, so the wrong order goes up and down
        falling = [order for order in possible if _is_falling([_date(one, order) for one in numbers])]
        possible = falling or possible
    if len(possible) == 1:
        return possible[0]
    raise UsageError(
        f"{part.name}: dates with two meanings", expected="a date such as 27/11/2026 somewhere in the column",
        found="/".join(map(str, numbers[0])) if numbers else "no date", remedy="add --dates day, or --dates month",
    )  # fmt: skip


def _is_falling(dates: list[datetime | None]) -> bool:
    known = [date for date in dates if date]
    return all(a >= b for a, b in pairwise(known))


def _date(numbers: tuple[int, ...], order: Order) -> datetime | None:
    year, month, day = (numbers[place] for place in order)
    try:
        return datetime(year + 2000 if year < 100 else year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def is_ratings(head: Head) -> float:
    """The columns of the ratings."""
    return 0.95 if set(head.columns) >= RATINGS else 0.0


def read_ratings(part: Part) -> Iterator[Found]:
    """Yield a like for thumbs up, once or twice, and a dislike for thumbs down."""
    with open_text(part.path) as file:
        for row in csv.DictReader(file):
            values = {(name or "").strip().casefold().lstrip("\ufeff"): value or "" for name, value in row.items()}
            thumbs, title = values.get("thumbs value", "").strip(), values.get("title name", "").strip()
            if not title or not thumbs.isdigit() or int(thumbs) < THUMBS_DOWN:
                yield NO_ROW
                continue
            verb: Verb = "like" if int(thumbs) >= THUMBS_UP else "dislike"
            yield Act(verb, moment(values["event utc ts"]), title=title, person=values.get("profile name", "").strip())


def register() -> None:
    """Add the importers to the table."""
    IMPORTERS.add("netflix-activity", Importer("Netflix viewing activity", is_activity, read_activity))
    IMPORTERS.add("netflix-history", Importer("Netflix viewing history", is_short, read_short))
    IMPORTERS.add("netflix-ratings", Importer("Netflix ratings", is_ratings, read_ratings))
