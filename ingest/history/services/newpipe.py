"""NewPipe's database, of its app or of its backup, and its list of subscriptions."""

from __future__ import annotations

from collections.abc import Iterator

from shortlist.ingest.history.acts import Act, Channel, Found, LeftOut, Verb, epoch
from shortlist.ingest.history.databases import copy_of, tables_of
from shortlist.ingest.history.importer import IMPORTERS, Importer, Part
from shortlist.ingest.history.text import Head, json_document
from shortlist.ingest.history.video_addresses import video_address

# A stream that was watched several times is one row with the time of the last, and its position.
HISTORY = """SELECT s.url, s.title, s.uploader, s.duration, h.access_date / 1e3, t.progress_time / 1e3, s.stream_type
    FROM stream_history h JOIN streams s ON h.stream_id = s.uid LEFT JOIN stream_state t ON t.stream_id = s.uid
    ORDER BY h.access_date"""
PLAYLISTS = """SELECT DISTINCT s.url, s.title, s.uploader, s.duration, NULL, NULL, s.stream_type
    FROM playlist_stream_join j JOIN streams s ON j.stream_id = s.uid"""
SUBSCRIPTIONS = "SELECT name, url FROM subscriptions"
SEARCHES = "SELECT search, creation_date / 1e3 FROM search_history ORDER BY creation_date"
AUDIO = LeftOut("sound without a picture")


def is_database(head: Head) -> float:
    """The tables of the app."""
    return 0.95 if {"streams", "stream_history", "subscriptions"} <= head.tables else 0.0


def read_database(part: Part) -> Iterator[Found]:
    """Yield a watch for each stream of the history, a save for each of a playlist, channels and searches."""
    with copy_of(part.path) as database:
        watched = set()
        for url, title, uploader, length, at, seconds, kind in database.execute(HISTORY):
            watched.add(url)
            yield _act("watch", url, title, uploader, length, at, seconds, kind)
        for row in database.execute(PLAYLISTS):
            if row[0] not in watched:
                yield _act("save", *row)
        for name, url in database.execute(SUBSCRIPTIONS):
            yield Channel(name or url or "", url or "")
        if "search_history" in tables_of(part.path):
            for words, at in database.execute(SEARCHES):
                if words and words.strip():
                    yield Act("search", epoch(at), title=" ".join(words.split()), kind="article")


def _act(
    verb: Verb, url: str | None, title: str | None, uploader: str | None, length: float | None, at: float | None,
    seconds: float | None, kind: str | None,
) -> Found:  # fmt: skip
    if str(kind or "").startswith("AUDIO"):
        return AUDIO
    address = video_address(url or "") or url or ""
    return Act(verb, epoch(at), address, title or "", uploader or "", seconds=seconds, length_s=length or None)


def is_subscriptions(head: Head) -> float:
    """The list of NewPipe, which several apps write and read."""
    return 0.9 if head.text.startswith("{") and '"subscriptions"' in head.text and '"service_id"' in head.text else 0.0


def read_subscriptions(part: Part) -> Iterator[Found]:
    """Yield the channels."""
    for one in json_document(part.path).get("subscriptions") or []:
        if isinstance(one, dict) and one.get("url"):
            yield Channel(str(one.get("name") or one["url"]), str(one["url"]))


def register() -> None:
    """Add the importers to the table."""
    IMPORTERS.add("newpipe", Importer("NewPipe", is_database, read_database))
    IMPORTERS.add("newpipe-subscriptions", Importer("NewPipe subscriptions", is_subscriptions, read_subscriptions))
