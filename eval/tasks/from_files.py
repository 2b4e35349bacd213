"""A data set of files as a task: items become videos, histories become views."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from shortlist.core.types import GIVEN, Enrichment, Event, Made, Reader, Segment, Transcript, Video
from shortlist.eval.data.dataset import DataSet, EvalQuery, Item
from shortlist.eval.tasks.task import Task
from shortlist.ingest.sentences import first_sentence

# Files say in what order things were read, not when: one a day, the last a day before anyone asks.
STEP = timedelta(days=1)
UNTIMED = datetime(2020, 1, 1, tzinfo=UTC)


def task_of(data: DataSet) -> Task:
    """`data` as records. What anyone had read counts as older than every question: MIND says so of its histories."""
    asked = min((query.at for query in data.queries if query.at is not None), default=UNTIMED)

    def history(query: EvalQuery) -> list[Event]:
        times = query.history_times or [asked - STEP * back for back in range(len(query.history), 0, -1)]
        reader = query.user_id or query.id
        return [Event(reader, item, "video", "view", at) for item, at in zip(query.history, times, strict=True)]

    def crowd() -> Iterator[Event]:
        for query in {query.user_id: query for query in data.queries if query.user_id}.values():
            yield from history(query)

    return Task(data, [_video(item) for item in data.items], (), crowd, history, lambda query: Reader(query.id))


def _video(item: Item) -> Video:
    title = item.title.strip() or first_sentence(item.text) or item.id
    text = item.text if item.title.strip() else " ".join(item.text.split()[len(title.split()) :])
    transcript = Transcript((Segment(text),)) if text.strip() else Transcript()
    category = Made(item.category, GIVEN) if item.category else None
    tags = (item.subcategory,) if item.subcategory else ()
    enrichment = Enrichment(category=category, tags=tags, tags_made_by=GIVEN if tags else None)
    return Video(item.id, title, transcript=transcript, enrichment=enrichment)
