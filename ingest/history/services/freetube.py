"""FreeTube's history, playlists, profiles and searches: a JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from shortlist.ingest.history.acts import Act, Channel, Found, LeftOut, Verb, epoch
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import MAX_RECORD, Head, json_records, open_text
from shortlist.ingest.history.video_addresses import youtube_address

HISTORY = re.compile(r'^\[?\s*\{.*"timeWatched"\s*:', re.DOTALL)
PLAYLISTS = re.compile(r'^\[?\s*\{.*"playlistName"\s*:.*"videos"\s*:', re.DOTALL)
PROFILES = re.compile(r'^\[?\s*\{.*"subscriptions"\s*:\s*\[.*"(?:bgColor|textColor)"\s*:', re.DOTALL)
PROFILES_OTHER_ORDER = re.compile(r'^\[?\s*\{.*"(?:bgColor|textColor)"\s*:.*"subscriptions"\s*:\s*\[', re.DOTALL)
MILLISECOND = 1e-3
FAVORITES = "favorites"
NO_RECORD, NO_VIDEO = LeftOut("lines of another form"), LeftOut("removed or unknown videos")


def recognise(head: Head) -> float:
    """The fields of its records; the file has one a line, or is a JSON list."""
    text = head.text
    known = (HISTORY, PLAYLISTS, PROFILES, PROFILES_OTHER_ORDER)
    return 0.9 if any(pattern.match(text) for pattern in known) else 0.0


def read(part: Part) -> Iterator[Found]:
    """Yield a watch for each video of the history, a save or like for one of a playlist, and the channels."""
    with open_text(part.path) as file:
        if file.read(1) != "[":
            file.seek(0)
            yield from _newest(file)
            return
    for record in json_records(part.path):
        yield from (record,) if isinstance(record, LeftOut) else _found(record)


def _newest(file: TextIO) -> Iterator[Found]:
    """Yield what the lines are, of those with the same id only the last: the database appends changes."""
    known: dict[str, tuple[Found, ...]] = {}
    for number, line in enumerate(iter(lambda: file.readline(MAX_RECORD), "")):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            if line.strip():
                yield NO_RECORD
            continue
        key = str(record.get("_id") or number) if isinstance(record, dict) else str(number)
        known[key] = tuple(_found(record))
    for found in known.values():
        yield from found


def _found(record: Any) -> Iterator[Found]:
    if not isinstance(record, dict):
        yield NO_RECORD
    elif record.get("$$deleted"):
        return
    elif "timeWatched" in record:
        yield _watch(record)
    elif isinstance(record.get("videos"), list):
        verb: Verb = "like" if str(record.get("playlistName", "")).casefold() == FAVORITES else "save"
        yield from (_video(video, verb) if isinstance(video, dict) else NO_RECORD for video in record["videos"])
    else:
        yield from _channels(record.get("subscriptions"))


def _watch(record: dict[str, Any]) -> Found:
    act = _video(record, "watch")
    if isinstance(act, Act):
        act.at = epoch(record.get("timeWatched"), MILLISECOND)
        act.seconds = _seconds(record.get("watchProgress")) or None
    return act


def _video(record: dict[str, Any], verb: Verb) -> Found:
    url = youtube_address(str(record.get("videoId", "")))
    title = str(record.get("title") or "").strip()
    if url is None or not title:
        return NO_VIDEO
    return Act(
        verb, epoch(record.get("timeAdded"), MILLISECOND), url, title, str(record.get("author") or ""),
        length_s=_seconds(record.get("lengthSeconds")) or None, text=str(record.get("description") or ""),
    )  # fmt: skip


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and value == value else 0.0


def _channels(subscriptions: Any) -> Iterator[Found]:
    for one in subscriptions if isinstance(subscriptions, list) else []:
        if isinstance(one, dict) and one.get("id"):
            yield Channel(str(one.get("name") or one["id"]), f"https://www.youtube.com/channel/{one['id']}")


def register() -> None:
    """Add the importer to the table."""
    IMPORTERS.add("freetube", Importer("FreeTube", recognise, read))
