"""Videos behind an address, by yt-dlp: a channel, a playlist, a feed, a page, a single video or media file."""

from __future__ import annotations

import hashlib
import logging
import time
import traceback
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from shortlist.core.config import MediaConfig
from shortlist.core.errors import MediaError, RecordError, ShortlistError
from shortlist.core.types import Transcript, Video
from shortlist.ingest.media.captions import chosen_track, transcript_of
from shortlist.ingest.media.downloader import patiently, translated, youtube_dl
from shortlist.ingest.media.files import TooLargeError, check_size, video_of_file
from shortlist.ingest.media.info import duration_of, id_of, published_of, video_from_info
from shortlist.ingest.media.item import Entry, Fetched, Item, Unwanted, Wanted
from shortlist.ingest.media.reasons import LEAVE, unfetchable
from shortlist.ingest.media.redact import redacted
from shortlist.ingest.tables.rows import Failure

log = logging.getLogger(__name__)

Info = Mapping[str, Any]

REFERENCES = ("url", "url_transparent")
PLAYLISTS = ("playlist", "multi_video")
END: Any = object()
CAPTIONS_BYTES = 20_000_000  # of a day
DEEPEST = 3  # a channel lists its tabs, and a tab its videos


class AddressSource:
    """Everything behind `address`, in its own order: channels and feeds list the newest first."""

    def __init__(self, address: str, config: MediaConfig, wanted: Wanted) -> None:
        self._address = address
        self._config = config
        self._wanted = wanted

    def items(self) -> Iterator[Entry]:
        """See `Source`. An address that cannot be listed is a `Failure`."""
        left = self._wanted.limit
        try:
            for entry in self._entries(self._address, DEEPEST):
                if isinstance(entry, Item):
                    if left == 0:
                        return
                    left = None if left is None else left - 1
                yield entry
        except MediaError as error:
            yield Failure(self._address, str(error))
        except ShortlistError:
            raise
        except Exception as error:  # noqa: BLE001 - of one extractor; the other sources may be sound
            log.error("listing %s: %s", redacted(self._address), redacted(traceback.format_exc()))
            yield Failure(self._address, f"unexpected: {error!r}")

    def _entries(self, address: str, depth: int) -> Iterator[Entry]:
        listing = patiently(self._config, lambda: self._listing(address))
        if listing.get("_type") not in PLAYLISTS:
            yield self._entry(listing, _location(listing, address))
            return
        entries = _newest_first(listing.get("entries") or ())
        while True:
            with translated(address):  # a channel's later pages are fetched as they are reached
                found = next(entries, END)
            if found is END:
                return
            if found is None:
                continue
            if depth and found.get("_type") in REFERENCES and found.get("ie_key") == "YoutubeTab":
                yield from self._entries(found["url"], depth - 1)
            else:
                yield self._entry(found, _location(found, address, alone=False))

    def _listing(self, address: str) -> Info:
        with translated(address):
            listing = youtube_dl(self._config).extract_info(address, download=False, process=False)
            for _ in range(DEEPEST):
                if not listing or listing.get("_type") not in REFERENCES or listing["url"] == address:
                    break
                address = listing["url"]
                listing = youtube_dl(self._config).extract_info(address, download=False, process=False)
        if not listing:
            raise unfetchable(address, "no video", "correct the address, or leave it out")
        return dict(listing)

    def _entry(self, found: Info, location: str) -> Entry:
        objection = self._wanted.objection(duration_of(found), published_of(found))
        if objection:
            return Unwanted(location, objection)
        return Item(location, partial(self._fetch, found, location))

    def _fetch(self, found: Info, location: str, folder: Path) -> Fetched | Unwanted:
        time.sleep(self._config.pause_s)
        return patiently(self._config, lambda: _Fetch(self._config, self._wanted, folder, location).run(found))


class _Fetch:
    """One attempt at one video: its metadata, then its captions or its media."""

    def __init__(self, config: MediaConfig, wanted: Wanted, folder: Path, location: str) -> None:
        self._config = config
        self._wanted = wanted
        self._location = location
        self._path = folder / hashlib.sha256(location.encode()).hexdigest()[:32]
        self._youtube_dl = youtube_dl(config, self._path)

    def run(self, found: Info) -> Fetched | Unwanted:
        with translated(self._location):
            info = self._only(self._youtube_dl.process_ie_result(dict(found), download=False))
        objection = self._objection(info)
        if objection:
            return Unwanted(self._location, objection)
        video_id = id_of(info)
        transcript = self._captions(info)
        if video_id and transcript.segments:
            return Fetched(video_from_info(info, video_id, transcript))
        try:
            with translated(self._location):
                media = self._download(info)
        except TooLargeError:  # after any other failure the next attempt goes on with what is there
            for left in self._path.parent.glob(f"{self._path.name}.*"):
                left.unlink(missing_ok=True)
            raise
        return self._fetched(info, media, transcript)

    def _only(self, info: Info) -> Info:
        if info.get("_type") not in PLAYLISTS:
            return info
        entries = [entry for entry in info.get("entries") or () if entry]
        if len(entries) != 1:
            raise unfetchable(self._location, f"a page with {len(entries)} videos", "ingest its address by itself")
        return self._only(entries[0])

    def _objection(self, info: Info) -> str | None:
        if info.get("live_status") in ("is_live", "is_upcoming") or info.get("is_live"):
            return "a live stream"
        return self._wanted.objection(duration_of(info), published_of(info))

    def _captions(self, info: Info) -> Transcript:
        chosen = chosen_track(info, self._config.auto_captions)
        if chosen is None:
            return Transcript()
        (language, address), origin = chosen
        try:
            with translated(self._location):
                data = self._youtube_dl.urlopen(address).read(CAPTIONS_BYTES)
            return transcript_of(data, language, origin)
        except (MediaError, RecordError) as error:
            log.info("captions of %s: %s", redacted(self._location), error)
            return Transcript()  # the speech model listens instead

    def _download(self, info: Info) -> Path:
        done = self._youtube_dl.process_ie_result(dict(info), download=True)
        files = [Path(part["filepath"]) for part in done.get("requested_downloads") or () if part.get("filepath")]
        if not files or not files[0].is_file():
            raise unfetchable(self._location, "a download without a file", LEAVE)
        return files[0]

    def _fetched(self, info: Info, media: Path, transcript: Transcript) -> Fetched | Unwanted:
        try:
            check_size(media.stat().st_size, self._config.max_bytes, self._location)
            measured = video_of_file(media, str(info.get("title") or media.name))
        except MediaError:
            media.unlink(missing_ok=True)  # the next attempt begins anew
            raise
        objection = self._wanted.objection(measured.duration_s, None)
        if objection:
            media.unlink(missing_ok=True)
            return Unwanted(self._location, objection)
        return Fetched(_joined(info, measured, transcript), media, ours=True)


def _joined(info: Info, measured: Video, transcript: Transcript) -> Video:
    known = {**info, "duration": duration_of(info) or measured.duration_s}
    return video_from_info(known, id_of(info) or measured.id, transcript)


def _newest_first(entries: Any) -> Iterator[Any]:
    """The entries of a playlist. A feed is a list in any order; a channel comes page by page, the newest first."""
    if isinstance(entries, list) and all(entry and published_of(entry) for entry in entries):
        return iter(sorted(entries, key=lambda entry: published_of(entry), reverse=True))  # type: ignore[arg-type,return-value]
    return iter(entries.getslice()) if hasattr(entries, "getslice") else iter(entries)


def _location(found: Info, address: str, alone: bool = True) -> str:
    from yt_dlp.utils import unsmuggle_url

    if found.get("ie_key") == "Youtube" and found.get("id"):
        return f"https://www.youtube.com/watch?v={found['id']}"  # a tab of shorts and a playlist name it in other ways
    if found.get("_type") in REFERENCES:
        return str(unsmuggle_url(found["url"])[0])
    page = found.get("webpage_url") or found.get("original_url")
    if page and page != address:
        return str(unsmuggle_url(page)[0])
    # Several videos on one page share its address; each is then known by that of its file.
    media = found.get("url") or next((form["url"] for form in found.get("formats") or () if form.get("url")), None)
    return str(media if media and alone is False else address)
