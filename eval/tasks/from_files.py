"""Convert a data set of files to a task: items become videos, histories become views."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from shortlist.core.types import GIVEN, Attributed, Enrichment, Event, Reader, Segment, Transcript, Video
from shortlist.eval.data.dataset import DataSet, EvalQuery, Item
from shortlist.eval.tasks.task import Task
from shortlist.ingest.sentences import first_sentence

# Files give only the order of a history. Its events get one day each, the last a day before the first query.
STEP = timedelta(days=1)
UNTIMED = datetime(2020, 1, 1, tzinfo=UTC)


def task_of(data: DataSet) -> Task:
    """Return `data` as records. All histories are older than the first query, as MIND states of its own."""
    first_query = min((query.at for query in data.queries if query.at is not None), default=UNTIMED)

    def history(query: EvalQuery) -> list[Event]:
        times = query.history_times or [first_query - STEP * days for days in range(len(query.history), 0, -1)]
        reader = query.user_id or query.id
        return [Event(reader, item, "video", "view", at) for item, at in zip(query.history, times, strict=True)]

    def past_events() -> Iterator[Event]:
        for query in {query.user_id: query for query in data.queries if query.user_id}.values():
            yield from history(query)

    videos = [_video(item) for item in data.items]
    return Task(data, videos, (), past_events, history, lambda query: Reader(query.id))


def _video(item: Item) -> Video:
    title = item.title.strip() or first_sentence(item.text) or item.id
    text = item.text if item.title.strip() else " ".join(item.text.split()[len(title.split()) :])
    transcript = Transcript((Segment(text),)) if text.strip() else Transcript()
    category = Attributed(item.category, GIVEN) if item.category else None
    tags = (item.subcategory,) if item.subcategory else ()
    enrichment = Enrichment(category=category, tags=tags, tags_made_by=GIVEN if tags else None)
    return Video(item.id, title, transcript=transcript, enrichment=enrichment)
