"""YouTube's subscriptions and playlists, as tables from Google Takeout, in whatever language and layout."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath

from shortlist.ingest.feeds.feed import moment
from shortlist.ingest.history.acts import Act, Channel, Found, LeftOut, Verb
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, json_document, open_text

SUBSCRIPTION = re.compile(r"^UC[\w-]{22},https?://(?:www\.)?youtube\.com/channel/", re.ASCII | re.MULTILINE)
ENTRY = re.compile(
    r"^\s?([\w-]{11}),\s?(\d{4}-\d\d-\d\d[T ][\d:.]+(?: ?UTC|Z|[+-]\d\d:\d\d))\s*$", re.ASCII | re.MULTILINE
)
LIKES = re.compile(r"lik(?:ed|es)|gefällt|gemochte|j.aime|gusta|piac", re.IGNORECASE)
NO_ROW = LeftOut("rows of a playlist that have no video")


def is_subscriptions(head: Head) -> float:
    """Rows of a channel's id, address and name; the header is translated."""
    return 0.9 if SUBSCRIPTION.search(head.text) else 0.0


def read_subscriptions(part: Part) -> Iterator[Found]:
    """Yield the channels."""
    with open_text(part.path) as file:
        for row in csv.reader(file):
            if len(row) >= 3 and SUBSCRIPTION.match(f"{row[0]},{row[1]}"):
                yield Channel(row[2].strip() or row[0], f"https://www.youtube.com/channel/{row[0]}")


def is_playlist(head: Head) -> float:
    """Rows of a video's id and a time, perhaps below some lines about the playlist."""
    return 0.8 if ENTRY.search(head.text) else 0.0


def read_playlist(part: Part) -> Iterator[Found]:
    """Yield a like or a save for each video. The table has no titles."""
    verb: Verb = "like" if LIKES.search(PurePosixPath(part.name).name) else "save"
    with open_text(part.path) as file:
        for line in file:
            if row := ENTRY.match(line):
                yield Act(verb, _time(row[2]), f"https://www.youtube.com/watch?v={row[1]}")


def is_likes(head: Head) -> float:
    """The list of videos that older exports have."""
    return 0.7 if head.text.startswith("[") and '"contentDetails"' in head.text and '"snippet"' in head.text else 0.0


def read_likes(part: Part) -> Iterator[Found]:
    """Yield a like for each video of likes.json, else a save."""
    verb: Verb = "like" if LIKES.search(PurePosixPath(part.name).name) else "save"
    for record in json_document(part.path):
        try:
            snippet, video = record["snippet"], record["contentDetails"]["videoId"]
            url = f"https://www.youtube.com/watch?v={video}"
            yield Act(verb, moment(snippet["publishedAt"]), url, snippet["title"])
        except (KeyError, TypeError):
            yield NO_ROW


def _time(text: str) -> datetime | None:
    return moment(text.replace(" UTC", "+00:00"))


def register() -> None:
    """Add the importers to the table."""
    IMPORTERS.add("youtube-subscriptions", Importer("YouTube subscriptions", is_subscriptions, read_subscriptions))
    IMPORTERS.add("youtube-playlist", Importer("YouTube playlist", is_playlist, read_playlist))
    IMPORTERS.add("youtube-likes", Importer("YouTube likes (JSON)", is_likes, read_likes))
