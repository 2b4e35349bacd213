"""YouTube's watch and search history and My Activity, as JSON from Google Takeout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shortlist.ingest.feeds.feed import moment
from shortlist.ingest.history.acts import Found, LeftOut
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.takeout import entry
from shortlist.ingest.history.text import Head, json_records

NO_ENTRY = LeftOut("entries of another form")


def recognise(head: Head) -> float:
    """The list of records of any language: names of fields are not translated."""
    return 0.9 if head.text.startswith("[") and '"titleUrl"' in head.text and '"time"' in head.text else 0.0


def read(part: Part) -> Iterator[Found]:
    """Yield every entry."""
    for record in json_records(part.path):
        yield record if isinstance(record, LeftOut) else _found(record)


def _found(record: Any) -> Found:
    if not isinstance(record, dict):
        return NO_ENTRY
    channels = record.get("subtitles") or [{}]
    channel = channels[0].get("name") if isinstance(channels, list) and isinstance(channels[0], dict) else ""
    values = [record.get(name) or "" for name in ("title", "titleUrl", "time", "header")]
    title, url, time, header = (value if isinstance(value, str) else "" for value in values)
    return entry(title, url, str(channel or ""), moment(time), is_ad=bool(record.get("details")), header=header)


def register() -> None:
    """Add the importer to the table."""
    IMPORTERS.add("youtube-activity-json", Importer("YouTube history (JSON)", recognise, read))
