"""The JSON that Invidious and LibreTube export: subscriptions, watched videos, playlists, searches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shortlist.ingest.history.acts import Act, Channel, Found, LeftOut, Verb
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, json_document
from shortlist.ingest.history.video_addresses import youtube_address

CHANNEL = "https://www.youtube.com/channel/"
NO_VIDEO = LeftOut("entries without the id of a video")
MILLISECOND = 1e-3


def is_invidious(head: Head) -> float:
    """Names of lists that only Invidious has."""
    text = head.text
    return 0.9 if text.startswith("{") and '"subscriptions"' in text and '"watch_history"' in text else 0.0


def read_invidious(part: Part) -> Iterator[Found]:
    """Yield a watch for each id, a save for each of a playlist, and the channels. There are no titles and times."""
    document = json_document(part.path)
    for channel in _list(document, "subscriptions"):
        if isinstance(channel, str):
            yield Channel(channel, f"{CHANNEL}{channel}")
    for video in _list(document, "watch_history"):
        yield _act("watch", {"videoId": video})
    for playlist in _list(document, "playlists"):
        for video in _list(playlist, "videos"):
            yield _act("save", {"videoId": video})


def is_libretube(head: Head) -> float:
    """Names of lists that only LibreTube has."""
    names = ('"watchHistory"', '"watchPositions"', '"localSubscriptions"', '"localPlaylists"')
    return 0.9 if head.text.startswith("{") and sum(name in head.text for name in names) > 1 else 0.0


def read_libretube(part: Part) -> Iterator[Found]:
    """Yield a watch for each video, without a time, a save for each of a playlist, channels and searches."""
    document = json_document(part.path)
    positions = {str(one.get("videoId")): one.get("position") for one in _rows(document, "watchPositions")}
    for video in _rows(document, "watchHistory"):
        yield _act("watch", video, positions.get(str(video.get("videoId"))))
    for playlist in _rows(document, "localPlaylists"):
        for video in _rows(playlist, "videos"):
            yield _act("save", video)
    for channel in [*_rows(document, "localSubscriptions"), *_rows(document, "subscriptions")]:
        name = str(channel.get("channelId") or channel.get("url") or "").rpartition("/")[2]
        if name.startswith("UC"):
            yield Channel(str(channel.get("name") or name), f"{CHANNEL}{name}")
    for search in _rows(document, "searchHistory"):
        if words := " ".join(str(search.get("query") or "").split()):
            yield Act("search", None, title=words, kind="article")


def _act(verb: Verb, video: Mapping[str, Any], position: Any = None) -> Found:
    url = youtube_address(str(video.get("videoId") or ""))
    if url is None:
        return NO_VIDEO
    length = video.get("duration")
    return Act(
        verb, None, url, str(video.get("title") or ""), str(video.get("uploader") or ""),
        seconds=position * MILLISECOND if isinstance(position, int | float) and position > 0 else None,
        length_s=float(length) if isinstance(length, int | float) and length > 0 else None,
    )  # fmt: skip


def _list(document: Any, name: str) -> list[Any]:
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, list) else []


def _rows(document: Any, name: str) -> list[dict[str, Any]]:
    return [row for row in _list(document, name) if isinstance(row, dict)]


def register() -> None:
    """Add the importers to the table."""
    IMPORTERS.add("invidious", Importer("Invidious", is_invidious, read_invidious))
    IMPORTERS.add("libretube", Importer("LibreTube", is_libretube, read_libretube))
