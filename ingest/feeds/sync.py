"""Look at what is followed, and store the new entries as videos: title, description, length, nothing downloaded.

A video is stored before its feed's state is. After a kill the next sync sees the same entries again, and stores
nothing twice. A feed that fails is asked again after a pause that doubles, and is never unfollowed.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from shortlist.core.config_sections.ingest import IngestConfig, MediaConfig
from shortlist.core.errors import MediaError, RecordError, UsageError
from shortlist.core.types import Video
from shortlist.ingest.default_enrichment import DefaultEnricher
from shortlist.ingest.feeds.addresses import feeds_of
from shortlist.ingest.feeds.feed import Entry, Feed, NotAFeed, moment
from shortlist.ingest.feeds.fetch import BUSY, GONE, NOT_MODIFIED, Answer, fetch
from shortlist.ingest.feeds.following import KEPT_SEEN, Follow, read_following, write_following
from shortlist.ingest.feeds.json_feed import json_feed
from shortlist.ingest.feeds.xml_feed import xml_feed
from shortlist.ingest.media.yt_dlp_client import youtube_dl
from shortlist.ingest.records.ids import address_id
from shortlist.models.encoders.encoder import Encoder
from shortlist.store.home import Home
from shortlist.store.lock import locked
from shortlist.store.outbox import deliver

FIRST_PAUSE_S = 900.0  # after one failure
LONGEST_PAUSE_S = 86_400.0
WEEK_S = 7 * 86_400.0
LOCK = "following.lock"


@dataclass(frozen=True, slots=True)
class Synced:
    """The result of a sync: feeds that were asked, that had not changed and that wait, new videos, and failures."""

    asked: int = 0
    unchanged: int = 0
    waiting: int = 0
    new: int = 0
    too_long: int = 0
    without_video: int = 0
    failures: tuple[tuple[str, str], ...] = ()


@contextmanager
def changing_following(home: Home) -> Iterator[dict[str, Follow]]:
    """Yield what the home follows, to be changed. Raises `HomeLocked` at once while another process changes it."""
    with locked(home.path / LOCK, "another process changes or syncs what is followed"):
        follows = read_following(home.path)
        try:
            yield follows
        finally:  # what was stored before an error is not looked at again
            write_following(home.path, follows.values())


def sync(
    home: Home,
    encoder: Callable[[], Encoder],
    config: IngestConfig,
    media: MediaConfig,
    addresses: Collection[str] = (),
    clock: Callable[[], float] = time.time,
) -> Synced:
    """Look at every feed that is due; at those of `addresses` only, and at once, if there are any.

    Raises `HomeLocked` at once while another process syncs or writes content, `UsageError` for an unknown address.
    """
    with changing_following(home) as follows, home.writing("syncing what is followed"):
        check_followed(addresses, follows)
        enricher = DefaultEnricher(home.catalogue, encoder, config.categories)
        return _Sync(home, enricher, encoder, media, clock).run(follows, addresses)


def check_followed(addresses: Collection[str], follows: Mapping[str, Follow]) -> None:
    """Raise `UsageError` for the first of `addresses` that is not followed."""
    for address in addresses:
        if address not in follows:
            raise UsageError(
                "it is not followed", expected="an address of `shortlist following`", found=address,
                remedy="correct the address",
            )  # fmt: skip


class _Sync:
    def __init__(
        self,
        home: Home,
        enricher: DefaultEnricher,
        encoder: Callable[[], Encoder],
        media: MediaConfig,
        clock: Callable[[], float],
    ) -> None:
        self._home = home
        self._enricher = enricher
        self._encoder = encoder
        self._media = media
        self._clock = clock
        self._client = youtube_dl(media)
        self._asked: dict[str, float] = {}  # hosts, and when each was asked last
        self._busy: dict[str, float] = {}  # hosts that want to be left alone, and until when

    def run(self, follows: dict[str, Follow], addresses: Collection[str]) -> Synced:
        total = Synced()
        for address in addresses or list(follows):
            follow, host = follows[address], urlsplit(address).netloc
            due = self._busy.get(host, 0.0) if addresses else max(follow.not_before, self._busy.get(host, 0.0))
            if due > self._clock():
                total = replace(total, waiting=total.waiting + 1)
                continue
            follows[address], total = self._look(follow, host, total)
        return total

    def _look(self, follow: Follow, host: str, total: Synced) -> tuple[Follow, Synced]:
        """Ask for the feed, store what is new, and return its new state and the new totals."""
        now = self._clock()
        total = replace(total, asked=total.asked + 1)
        try:
            address, answer = self._fetch(follow, host)
            if answer.status == NOT_MODIFIED:
                calm = replace(follow, succeeded=now, failures=0, error="", not_before=0.0)
                return calm, replace(total, unchanged=total.unchanged + 1)
            if answer.status != 200:
                raise _Refused(answer)
            feed = _parse(answer.data)
        except (MediaError, NotAFeed, _Refused) as error:
            pause = self._pause(error, follow.failures, host)
            failed = replace(follow, failures=follow.failures + 1, error=str(error), not_before=now + pause)
            return failed, replace(total, failures=(*total.failures, (follow.address, str(error))))
        return self._take(follow, feed, address, answer, total)

    def _fetch(self, follow: Follow, host: str) -> tuple[str, Answer]:
        """Return the first feed of the address that exists, with the answer for it."""
        address, answer = "", Answer(404)
        for address in feeds_of(follow.address):
            self._wait(host)
            known = address == follow.fetched
            answer = fetch(self._client, address, follow.etag if known else "", follow.modified if known else "")
            if answer.status not in GONE:
                break
        return address, answer

    def _wait(self, host: str) -> None:
        """Leave the configured pause between two requests to one host."""
        pause = self._asked.get(host, float("-inf")) + self._media.pause_s - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        self._asked[host] = time.monotonic()

    def _pause(self, error: Exception, failures: int, host: str) -> float:
        """Return the seconds to wait after a failure: what the server asks for, else twice the last with jitter."""
        pause = min(FIRST_PAUSE_S * 2.0 ** min(failures, 20), LONGEST_PAUSE_S) * random.uniform(0.75, 1.25)  # noqa: S311
        if isinstance(error, _Refused) and error.answer.status in BUSY:
            pause = _retry_after(error.answer.retry_after, self._clock()) or pause
            self._busy[host] = self._clock() + pause
        return pause

    def _take(self, follow: Follow, feed: Feed, address: str, answer: Answer, total: Synced) -> tuple[Follow, Synced]:
        limit = follow.max_duration_s or self._media.max_duration_s
        seen = set(follow.seen)
        fresh = {mark: entry for entry in feed.entries if (mark := _mark(entry)) not in seen}
        short = [entry for entry in fresh.values() if entry.duration_s is None or entry.duration_s <= limit]
        new, failures = self._store(short)
        now = self._clock()
        times = (*(at for at in follow.new if at > now - WEEK_S), *[now] * new)
        state = replace(
            follow, title=feed.title or follow.title, etag=answer.etag, modified=answer.modified, fetched=address,
            seen=(*follow.seen, *reversed(fresh))[-KEPT_SEEN:], new=times, succeeded=now, failures=0, error="",
            not_before=0.0,
        )  # fmt: skip
        total = replace(
            total, new=total.new + new, too_long=total.too_long + len(fresh) - len(short),
            without_video=total.without_video + feed.others, failures=(*total.failures, *failures),
        )  # fmt: skip
        return state, total

    def _store(self, entries: Sequence[Entry]) -> tuple[int, list[tuple[str, str]]]:
        """Store the entries that are no videos of the home yet. Return their number, and those that cannot be one."""
        videos, failures = {}, []
        for entry in entries:
            try:
                video = _video(entry)
            except RecordError as error:
                failures.append((entry.address, str(error)))
            else:
                videos[video.id] = video
        known = self._home.catalogue.videos.known(videos)
        fresh = [video for video_id, video in videos.items() if video_id not in known]
        if fresh:
            self._home.catalogue.videos.put(self._enricher.enrich(fresh))
            deliver(self._home, self._encoder)
        return len(fresh), failures


class _Refused(Exception):
    """An answer that is no feed."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        reasons = {404: "it is missing", 410: "it is gone", 429: "asked too often", 503: "the server is busy"}
        super().__init__(f"{reasons.get(answer.status, 'the server refused')} (HTTP {answer.status})")


def _parse(data: bytes) -> Feed:
    return json_feed(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else xml_feed(data)


def _mark(entry: Entry) -> str:
    return hashlib.sha256(address_id(entry.address).encode()).hexdigest()[:16]


def _video(entry: Entry) -> Video:
    metadata: Mapping[str, Any] = {"picture": entry.picture} if entry.picture else {}
    return Video(
        id=address_id(entry.address), title=entry.title, channel=entry.channel, url=entry.address,
        duration_s=entry.duration_s, published=entry.published, description=entry.description, metadata=metadata,
    )  # fmt: skip


def _retry_after(text: str, now: float) -> float | None:
    """Return the seconds of a Retry-After header, which is a number or a date; at most a day."""
    if text.strip().isdecimal():
        return min(float(text), LONGEST_PAUSE_S)
    at = moment(text)
    return None if at is None else min(max(at.timestamp() - now, 0.0), LONGEST_PAUSE_S)
