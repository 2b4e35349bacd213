"""SPEC `events`: the home's own events, split in time. Each reader's choices after the cut are to be predicted."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta

from shortlist.agent.reader.describe_action import BOUNCE_S
from shortlist.core.errors import RecordError, UsageError
from shortlist.core.types import Action, Article, Event, Video
from shortlist.eval.data.dataset import DataSet, EvalQuery, Item
from shortlist.eval.tasks.splits import TimeSplit, cut_after, split_at
from shortlist.eval.tasks.task import Task
from shortlist.store.catalogue.results import Activity
from shortlist.store.home import Home
from shortlist.store.home_files import VECTORS

KIND = "events"
KNOWN = 0.8  # share of the events before the cut
GRADES: dict[Action, int] = {"like": 2, "view": 1, "click": 1}


def cut_before_newest(home: Home, before: timedelta) -> datetime:
    """Return the time `before` the newest event. Raises `RecordError` without events."""
    newest = max((event.at for _, event in home.catalogue.events.iterate()), default=None)
    if newest is None:
        raise RecordError("no events", expected="events of readers", found="none", remedy="collect some first")
    return newest - before


def events_task(home: Home, cut: datetime | None = None, name: str = "") -> Task:
    """Return a task with one query for each reader who, after the cut, chose videos that were new to them.

    The cut leaves a share `KNOWN` of the events before it, if it is not given. `name` distinguishes several cuts.
    Raises `RecordError` if the events cannot be split, `UsageError` if there is nothing to predict.
    """
    videos, articles = contents(home)
    events = [event for _, event in home.catalogue.events.iterate()]
    split = split_at(events, cut or cut_after(events, KNOWN))
    known = by_reader(split.known)
    qrels = _grades(split, known, {video.id for video in videos})
    if not qrels:
        raise UsageError(
            "nothing to predict",
            expected=f"readers who chose a new video after {split.cut.isoformat()}",
            found="none",
            remedy="collect more events, or evaluate on `simulated:N`",
        )
    video_ids = {video.id for video in videos}
    queries = tuple(
        EvalQuery(user, user_id=user, history=chosen_videos(known[user], video_ids), at=split.cut) for user in qrels
    )
    readers = {user: home.catalogue.readers.get(user) for user in qrels}
    content = content_hash([*videos, *articles, *events, *readers.values(), *((cut,) if cut else ())])
    data = DataSet(
        f"{KIND}-{name}" if name else KIND, KIND, items_of(videos), queries, qrels, content, exclude_seen=True,
        notes=(f"{len(split.known):,} events before {split.cut.isoformat()} are known, {len(split.future):,} are not",),
    )  # fmt: skip
    return Task(
        data, videos, articles, lambda: split.known, lambda query: known[query.id], lambda query: readers[query.id],
        home.path / VECTORS,
    )  # fmt: skip


def contents(home: Home) -> tuple[list[Video], list[Article]]:
    """Return all videos and articles of `home`, sorted by id. Raises `UsageError` if there are no videos."""
    videos = sorted((video for _, video in home.catalogue.videos.iterate()), key=lambda video: video.id)
    articles = sorted((article for _, article in home.catalogue.articles.iterate()), key=lambda article: article.id)
    if not videos:
        remedy = "ingest videos first, or evaluate on a public data set"
        raise UsageError("an empty home", expected="videos to rank", found="none", remedy=remedy)
    return videos, articles


def items_of(videos: Iterable[Video]) -> tuple[Item, ...]:
    """Return the videos as items of a data set."""
    return tuple(
        Item(video.id, video.title, video.transcript.text or video.description, video.category) for video in videos
    )


def by_reader(events: Iterable[Event]) -> defaultdict[str, list[Event]]:
    """Group events by user id, in the given order."""
    groups: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[event.user_id].append(event)
    return groups


def chosen_videos(events: Sequence[Event], videos: set[str]) -> tuple[str, ...]:
    """Return the ids of the `videos` that were chosen in `events`, in their order."""
    return tuple(event.item_id for event in events if _is_choice(event, videos))


def is_new_choice(event: Event, videos: Container[str]) -> bool:
    """Return whether `event` chose one of `videos`, and not only for a moment."""
    is_bounce = event.action != "like" and event.dwell_s is not None and event.dwell_s < BOUNCE_S
    return _is_choice(event, videos) and not is_bounce


def _is_choice(event: Event, videos: Container[str]) -> bool:
    return event.kind == "video" and event.item_id in videos and event.action in GRADES


def content_hash(records: Iterable[object]) -> str:
    """Return the sha256 of the records, which does not depend on the place and time of their storage."""
    sha = hashlib.sha256()
    for record in records:
        sha.update(repr(record).encode())
    return sha.hexdigest()


def _grades(split: TimeSplit, known: dict[str, list[Event]], videos: set[str]) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    seen = {user_id: Activity.of(events).seen for user_id, events in known.items()}
    for event in split.future:
        if is_new_choice(event, videos) and event.item_id not in seen.get(event.user_id, ()):
            of_reader = grades.setdefault(event.user_id, {})
            of_reader[event.item_id] = max(of_reader.get(event.item_id, 0), GRADES[event.action])
    return dict(sorted(grades.items()))
