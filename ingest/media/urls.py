"""Videos at a URL, fetched by yt-dlp: a channel, a playlist, a feed, a page, a single video or a media file."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import UNEXPECTED, MediaError, RecordError, ShortlistError
from shortlist.core.types import Transcript, Video
from shortlist.ingest.media.captions import choose_track, transcript_of
from shortlist.ingest.media.error_messages import SKIP_IT, fetch_error
from shortlist.ingest.media.frame import picture_of
from shortlist.ingest.media.media_file import TooLargeError, check_size, download_name, video_of_file
from shortlist.ingest.media.redact import redacted
from shortlist.ingest.media.source import Entry, Fetched, Item, MediaFilter, Skipped
from shortlist.ingest.media.yt_dlp_client import translated_errors, with_retries, youtube_dl
from shortlist.ingest.media.yt_dlp_info import duration_of, id_of, published_of, video_from_info
from shortlist.ingest.tables.rows import Failure

log = logging.getLogger(__name__)

Info = Mapping[str, Any]

REFERENCES = ("url", "url_transparent")
PLAYLISTS = ("playlist", "multi_video")
END: Any = object()
MAX_CAPTIONS_BYTES = 20_000_000  # enough for the captions of a whole day
MAX_PICTURE_BYTES = 5_000_000
MAX_DEPTH = 3  # a channel lists its tabs, and a tab its videos


class UrlSource:
    """The videos at `address`, in the order of the site. Channels and feeds list the newest first."""

    def __init__(self, address: str, config: MediaConfig, media_filter: MediaFilter) -> None:
        self._address = address
        self._config = config
        self._media_filter = media_filter

    def items(self) -> Iterator[Entry]:
        """See `Source`. Yields a `Failure` if the address cannot be listed."""
        remaining = self._media_filter.limit
        try:
            for entry in self._entries(self._address, MAX_DEPTH):
                if isinstance(entry, Item):
                    if remaining == 0:
                        return
                    remaining = None if remaining is None else remaining - 1
                yield entry
        except MediaError as error:
            yield Failure(self._address, str(error), error.code)
        except ShortlistError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug in one extractor must not stop the other sources
            log.error("listing %s: %s", redacted(self._address), redacted(traceback.format_exc()))
            yield Failure(self._address, f"unexpected: {error!r}", UNEXPECTED)

    def _entries(self, address: str, depth: int) -> Iterator[Entry]:
        listing = with_retries(self._config, lambda: self._listing(address))
        if listing.get("_type") not in PLAYLISTS:
            yield self._entry(listing, _location(listing, address))
            return
        entries = _newest_first(listing.get("entries") or ())
        while True:
            with translated_errors(address):  # yt-dlp fetches the later pages of a channel lazily
                info = next(entries, END)
            if info is END:
                return
            if info is None:
                continue
            if depth and info.get("_type") in REFERENCES and info.get("ie_key") == "YoutubeTab":
                yield from self._entries(info["url"], depth - 1)
            else:
                yield self._entry(info, _location(info, address, shares_page=True))

    def _listing(self, address: str) -> Info:
        with translated_errors(address):
            listing = youtube_dl(self._config).extract_info(address, download=False, process=False)
            for _ in range(MAX_DEPTH):
                if not listing or listing.get("_type") not in REFERENCES or listing["url"] == address:
                    break
                address = listing["url"]
                listing = youtube_dl(self._config).extract_info(address, download=False, process=False)
        if not listing:
            raise fetch_error(address, "no-video", "no video", "correct the address, or leave it out")
        return dict(listing)

    def _entry(self, info: Info, location: str) -> Entry:
        rejection = self._media_filter.rejection(duration_of(info), published_of(info))
        if rejection:
            return Skipped(location, rejection)
        return Item(location, partial(self._fetch, info, location))

    def _fetch(self, info: Info, location: str, folder: Path) -> Fetched | Skipped:
        time.sleep(self._config.pause_s)
        return with_retries(self._config, lambda: _Fetch(self._config, self._media_filter, folder, location).run(info))


class _Fetch:
    """One attempt to fetch a video: its metadata, then its captions or, without captions, its media."""

    def __init__(self, config: MediaConfig, media_filter: MediaFilter, folder: Path, location: str) -> None:
        self._config = config
        self._media_filter = media_filter
        self._location = location
        self._path = folder / download_name(location)
        self._youtube_dl = youtube_dl(config, self._path)

    def run(self, listed: Info) -> Fetched | Skipped:
        with translated_errors(self._location):
            info = self._single_video(self._youtube_dl.process_ie_result(dict(listed), download=False))
        rejection = self._rejection(info)
        if rejection:
            return Skipped(self._location, rejection)
        video_id = id_of(info)
        transcript = self._captions(info)
        if video_id and transcript.segments:
            return Fetched(video_from_info(info, video_id, transcript), picture=self._thumbnail(info))
        try:
            with translated_errors(self._location):
                media = self._download(info)
        except TooLargeError:  # after any other failure the next attempt resumes the partial file
            for partial_file in self._path.parent.glob(f"{self._path.name}.*"):
                partial_file.unlink(missing_ok=True)
            raise
        return self._check_media(info, media, transcript)

    def _single_video(self, info: Info) -> Info:
        if info.get("_type") not in PLAYLISTS:
            return info
        entries = [entry for entry in info.get("entries") or () if entry]
        if len(entries) != 1:
            raise fetch_error(
                self._location, "several-videos", f"a page with {len(entries)} videos", "ingest its address by itself"
            )
        return self._single_video(entries[0])

    def _rejection(self, info: Info) -> str | None:
        if info.get("live_status") in ("is_live", "is_upcoming") or info.get("is_live"):
            return "a live stream"
        return self._media_filter.rejection(duration_of(info), published_of(info))

    def _captions(self, info: Info) -> Transcript:
        choice = choose_track(info, self._config.auto_captions)
        if choice is None:
            return Transcript()
        (language, address), origin = choice
        try:
            with translated_errors(self._location):
                data = self._youtube_dl.urlopen(address).read(MAX_CAPTIONS_BYTES)
            return transcript_of(data, language, origin)
        except (MediaError, RecordError) as error:
            log.info("captions of %s: %s", redacted(self._location), error)
            return Transcript()  # fall back to the speech model

    def _thumbnail(self, info: Info) -> bytes | None:
        """Return the picture that the page shows, as JPEG, or None if it has none that can be read."""
        address = info.get("thumbnail")
        if not address:
            return None
        try:
            with translated_errors(self._location):
                return picture_of(self._youtube_dl.urlopen(address).read(MAX_PICTURE_BYTES))
        except MediaError as error:
            log.info("thumbnail of %s: %s", redacted(self._location), error)
            return None  # a frame or a drawing takes its place

    def _download(self, info: Info) -> Path:
        result = self._youtube_dl.process_ie_result(dict(info), download=True)
        downloads = result.get("requested_downloads") or ()
        files = [Path(download["filepath"]) for download in downloads if download.get("filepath")]
        if not files or not files[0].is_file():
            raise fetch_error(self._location, "no-file", "a download without a file", SKIP_IT)
        return files[0]

    def _check_media(self, info: Info, media: Path, transcript: Transcript) -> Fetched | Skipped:
        try:
            check_size(media.stat().st_size, self._config.max_bytes, self._location)
            measured = video_of_file(media, str(info.get("title") or media.name))
        except MediaError:
            media.unlink(missing_ok=True)  # the next attempt starts over
            raise
        rejection = self._media_filter.rejection(measured.duration_s, None)
        if rejection:
            media.unlink(missing_ok=True)
            return Skipped(self._location, rejection)
        video = _merge_facts(info, measured, transcript)
        return Fetched(video, media, temporary=True, picture=self._thumbnail(info))


def _merge_facts(info: Info, measured: Video, transcript: Transcript) -> Video:
    """Build the video from `info`, with the duration and id of the media file where the site gives none."""
    complete = {**info, "duration": duration_of(info) or measured.duration_s}
    return video_from_info(complete, id_of(info) or measured.id, transcript)


def _newest_first(entries: Any) -> Iterator[Any]:
    """Iterate over a playlist. A feed is a list in any order; a channel comes page by page, newest first."""
    if isinstance(entries, list) and all(entry and published_of(entry) for entry in entries):
        return iter(sorted(entries, key=lambda entry: published_of(entry), reverse=True))  # type: ignore[arg-type,return-value]
    return iter(entries.getslice()) if hasattr(entries, "getslice") else iter(entries)


def _location(info: Info, address: str, shares_page: bool = False) -> str:
    """Return the address that identifies the video. Videos that share a page are identified by their media files."""
    from yt_dlp.utils import unsmuggle_url

    if info.get("ie_key") == "Youtube" and info.get("id"):
        return f"https://www.youtube.com/watch?v={info['id']}"  # playlists and the shorts tab use other forms of it
    if info.get("_type") in REFERENCES:
        return str(unsmuggle_url(info["url"])[0])
    page = info.get("webpage_url") or info.get("original_url")
    if page and page != address:
        return str(unsmuggle_url(page)[0])
    media = info.get("url") or next((form["url"] for form in info.get("formats") or () if form.get("url")), None)
    return str(media if media and shares_page else address)
