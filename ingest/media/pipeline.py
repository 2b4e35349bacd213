"""Ingest media in four stages, each with its own threads: list, download, transcribe, store.

An interrupted or killed run is resumed by running the same command again: it skips stored videos, reuses finished
downloads and continues partial ones. Only the main thread writes content, under the writer lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from shortlist.core.config_sections.ingest import IngestConfig, MediaConfig
from shortlist.ingest.default_enrichment import DefaultEnricher
from shortlist.ingest.load import IngestResult
from shortlist.ingest.media.bounded_queue import BoundedQueue, Stopped
from shortlist.ingest.media.frame import frame_of
from shortlist.ingest.media.run_log import Progress, RunLog
from shortlist.ingest.media.source import Entry, Fetched, Item, Skipped, Source
from shortlist.ingest.tables.rows import Failure
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.speech.transcriber import Transcriber
from shortlist.store.catalogue.results import Put
from shortlist.store.home import Home
from shortlist.store.outbox import deliver, pending

MAX_LISTED = 32  # items waiting for a download
MAX_DOWNLOADED = 4  # downloads waiting for the speech model: each may be a file of many megabytes
MAX_TRANSCRIBED = 32
MEDIA = "media"  # the folder of downloads in the home
JOIN_TIMEOUT_S = 60.0  # a thread may be in the middle of a transcription when the pipeline ends
SILENT = "no recognisable speech"


@dataclass(frozen=True, slots=True)
class Models:
    """The models of the pipeline, each loaded at its first use."""

    transcriber: Callable[[], Transcriber]
    encoder: Callable[[], Encoder]


@dataclass(frozen=True, slots=True)
class _Download:
    """An item and its fetched video."""

    item: Item
    fetched: Fetched


def load_media(
    home: Home,
    sources: Sequence[Source],
    models: Models,
    config: IngestConfig,
    media: MediaConfig,
    progress: Progress | None = None,
) -> IngestResult:
    """Ingest the items of `sources` that `home` does not have. `progress` gets the items each stage has just finished.

    Holds the writer lock and raises `HomeLocked` at once if another process holds it. Raises `UsageError` for a
    missing source, `StateError` for a full disk and `ServiceError` for a missing speech model. Everything stored
    before an error is kept.
    """
    with home.writing("ingesting videos"):
        if pending(home):  # an earlier run ended between storing a video and writing its documents
            deliver(home, models.encoder)
        return _Pipeline(home, models, config, media, RunLog(home.catalogue.steps, progress)).run(sources)


class _Pipeline:
    def __init__(self, home: Home, models: Models, config: IngestConfig, media: MediaConfig, run_log: RunLog) -> None:
        self._home = home
        self._models = models
        self._media = media
        self._run_log = run_log
        self._default_enricher = DefaultEnricher(home.catalogue, models.encoder, config.categories)
        self._stop = threading.Event()
        self._fatal: list[BaseException] = []
        self._seen: set[str] = set()  # locations that this run has listed
        self._transcribed_ids: set[str] = set()  # videos that this run transcribed and may not have stored yet
        self._listed: BoundedQueue[Item] = BoundedQueue(MAX_LISTED, 1, self._stop)
        self._downloaded: BoundedQueue[_Download] = BoundedQueue(MAX_DOWNLOADED, media.downloads, self._stop)
        self._transcribed: BoundedQueue[_Download] = BoundedQueue(MAX_TRANSCRIBED, 1, self._stop)

    def run(self, sources: Sequence[Source]) -> IngestResult:
        """Run all stages to their end."""
        threads = [
            self._thread(lambda: self._list(sources), self._listed),
            *(self._thread(self._download, self._downloaded) for _ in range(self._media.downloads)),
            self._thread(self._transcribe, self._transcribed),
        ]
        put = Put()
        try:
            for first in self._transcribed:
                put += self._store([first, *self._transcribed.get_ready(MAX_TRANSCRIBED)])
        finally:
            self._stop.set()
        for thread in threads:  # not after Ctrl-C: an unfinished transcription is simply repeated
            thread.join(JOIN_TIMEOUT_S)
        if self._fatal:
            raise self._fatal[0]
        return self._run_log.report(put)

    def _thread(self, work: Callable[[], None], output: BoundedQueue[Any]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Stopped:
                pass
            except BaseException as error:  # noqa: BLE001 - the main thread raises it
                self._fatal.append(error)
                self._stop.set()
            finally:
                output.producer_done()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _list(self, sources: Sequence[Source]) -> None:
        for source in sources:
            for entry in source.items():
                self._route(entry)

    def _route(self, entry: Entry) -> None:
        location = entry.where if isinstance(entry, Failure) else entry.location
        if location in self._seen:
            return
        self._seen.add(location)
        if isinstance(entry, Item):
            self._run_log.listed(location)
        if isinstance(entry, Failure):
            self._run_log.failed(entry.where, "list", entry.reason, entry.cause)
        elif isinstance(entry, Skipped):
            self._run_log.skip(entry)
        elif self._is_stored(entry):
            self._run_log.count("known")
        else:
            self._run_log.progress("list", 1)
            self._listed.put(entry)

    def _is_stored(self, item: Item) -> bool:
        stored = self._home.catalogue.locations.get(item.location)
        return stored is not None and stored.version == item.version

    def _download(self) -> None:
        folder = self._home.path / MEDIA
        for item in self._listed:
            download = None
            with self._run_log.step(item.location, "download") as step:
                folder.mkdir(exist_ok=True)
                fetched = item.fetch(folder)
                if isinstance(fetched, Skipped):
                    step.skipped = fetched
                else:
                    download = _Download(item, fetched)
                    self._keep_picture(fetched)
            if download:
                self._downloaded.put(download)

    def _keep_picture(self, fetched: Fetched) -> None:
        picture = fetched.picture or (frame_of(fetched.media) if fetched.media else None)
        if picture:
            self._home.pictures.put(fetched.video.id, picture)

    def _transcribe(self) -> None:
        for download in self._downloaded:
            item, video, result = download.item, download.fetched.video, None
            if video.id in self._transcribed_ids or self._home.catalogue.videos.known([video.id]):
                # Another location of the same content. An earlier failure there is out of date.
                self._home.catalogue.steps.remove(item.location, "transcribe")
                self._transcribed.put(download)
                continue
            with self._run_log.step(item.location, "transcribe") as step:
                result = self._with_transcript(download.fetched)
                step.note = "" if result.video.transcript.segments else SILENT
            if result:
                self._transcribed_ids.add(video.id)
                self._transcribed.put(replace(download, fetched=result))
            else:
                _remove_download(download.fetched)  # damaged: the next attempt downloads it again

    def _with_transcript(self, fetched: Fetched) -> Fetched:
        if fetched.media is None or fetched.video.transcript.segments:
            return fetched
        transcript = self._transcriber.transcribe(fetched.media)
        video = replace(
            fetched.video,
            transcript=transcript,
            language=fetched.video.language or transcript.language,
            metadata={**fetched.video.metadata, "transcribed_by": self._transcriber.name},
        )
        return replace(fetched, video=video)

    @cached_property
    def _transcriber(self) -> Transcriber:
        return self._models.transcriber()

    def _store(self, batch: Sequence[_Download]) -> Put:
        began = time.perf_counter()
        catalogue = self._home.catalogue
        stored = catalogue.videos.known({download.fetched.video.id for download in batch})
        new = {download.fetched.video.id: download.fetched.video for download in reversed(batch)}
        new = {video_id: video for video_id, video in new.items() if video_id not in stored}
        after = {download.item.location: download.fetched.video.id for download in batch}
        before = {location: row.video_id for location in after if (row := catalogue.locations.get(location))}
        unchanged = sum(before.get(location) == video_id for location, video_id in after.items())
        self._run_log.count("known", unchanged)
        self._run_log.count("same-content", len(batch) - len(new) - unchanged)
        enriched = self._default_enricher.enrich(list(new.values()))
        self._remove_replaced(before, after)
        for download in batch:  # before the videos: a location without its video counts as not ingested
            catalogue.locations.put(download.item.location, download.item.version, download.fetched.video.id)
        put = catalogue.videos.put(enriched)
        deliver(self._home, self._models.encoder)
        seconds = (time.perf_counter() - began) / len(batch)
        for download in batch:
            catalogue.steps.put(download.item.location, "store", "done", seconds=seconds)
            if not self._media.keep_media:
                _remove_download(download.fetched)
        self._run_log.count("no-speech", sum(not video.transcript.segments for video in new.values()))
        self._run_log.progress("store", len(batch))
        return put

    def _remove_replaced(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Remove the videos whose every location has other content now. Both map locations to video ids."""
        catalogue = self._home.catalogue
        replaced = {video for location, video in before.items() if video != after[location]} - set(after.values())
        orphans = [
            video
            for video in replaced
            if all(after.get(place, video) != video for place in catalogue.locations.of_video(video))
        ]
        self._run_log.count("content-replaced", catalogue.videos.remove(orphans) if orphans else 0)
        for video in orphans:
            self._home.pictures.remove(video)


def _remove_download(fetched: Fetched) -> None:
    if fetched.temporary and fetched.media:
        fetched.media.unlink(missing_ok=True)
