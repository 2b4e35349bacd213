"""The stages of media ingest, each on threads of its own: list, download, transcribe, store.

What was stopped, however hard, is taken up by running the same command again: an item whose video is stored is passed
over, a finished download is used, a begun one goes on. Only the main thread writes content, under the writer lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from shortlist.core.config import IngestConfig, MediaConfig
from shortlist.ingest.complete import Completion
from shortlist.ingest.load import Loaded
from shortlist.ingest.media.channel import Channel, Stopped
from shortlist.ingest.media.item import Entry, Fetched, Item, Source, Unwanted
from shortlist.ingest.media.ledger import Ledger, Progress
from shortlist.ingest.tables.rows import Failure
from shortlist.models.encoders.encoder import Encoder
from shortlist.models.speech.transcriber import Transcriber
from shortlist.store.catalogue.records import Put
from shortlist.store.home import Home
from shortlist.store.outbox import deliver

LISTED = 32  # items that wait for a download
DOWNLOADED = 4  # downloads that wait for the speech model: each may be a file of many megabytes
TRANSCRIBED = 32
MEDIA = "media"  # the folder of downloads in the home
PATIENCE_S = 60.0  # for a thread that is in the middle of a transcription when all is to stop
SILENT = "no speech that could be understood"


@dataclass(frozen=True, slots=True)
class Models:
    """The models that the pipeline needs, each loaded when it is first needed."""

    transcriber: Callable[[], Transcriber]
    encoder: Callable[[], Encoder]


@dataclass(frozen=True, slots=True)
class _Got:
    """An item and what was fetched of it."""

    item: Item
    fetched: Fetched


def load_media(
    home: Home,
    sources: Sequence[Source],
    models: Models,
    config: IngestConfig,
    media: MediaConfig,
    progress: Progress | None = None,
) -> Loaded:
    """Ingest everything that `sources` have and `home` has not; `progress` is told how many items each stage just did.

    Holds the writer lock: raises `HomeLocked` at once when another process does. Raises `UsageError` for a source that
    is not there, `StateError` for a disk that is full, `ServiceError` for a missing speech model; all that was stored
    until then stays.
    """
    with home.writing("ingesting videos"):
        return _Pipeline(home, models, config, media, Ledger(home.catalogue.steps, progress)).run(sources)


class _Pipeline:
    def __init__(self, home: Home, models: Models, config: IngestConfig, media: MediaConfig, ledger: Ledger) -> None:
        self._home = home
        self._models = models
        self._media = media
        self._ledger = ledger
        self._completion = Completion(home.catalogue, models.encoder, config.categories)
        self._stop = threading.Event()
        self._fatal: list[BaseException] = []
        self._seen: set[str] = set()  # locations that this run has listed
        self._heard: set[str] = set()  # ids that this run transcribed and may not have stored yet
        self._listed: Channel[Item] = Channel(LISTED, 1, self._stop)
        self._downloaded: Channel[_Got] = Channel(DOWNLOADED, media.downloads, self._stop)
        self._transcribed: Channel[_Got] = Channel(TRANSCRIBED, 1, self._stop)

    def run(self, sources: Sequence[Source]) -> Loaded:
        """Everything, from first to last."""
        threads = [
            self._thread(lambda: self._list(sources), self._listed),
            *(self._thread(self._download, self._downloaded) for _ in range(self._media.downloads)),
            self._thread(self._transcribe, self._transcribed),
        ]
        put = Put()
        try:
            for first in self._transcribed:
                put += self._store([first, *self._transcribed.waiting(TRANSCRIBED)])
        finally:
            self._stop.set()
        for thread in threads:  # after Ctrl-C they are not waited for: a transcription has nothing to lose
            thread.join(PATIENCE_S)
        if self._fatal:
            raise self._fatal[0]
        return self._ledger.report(put)

    def _thread(self, work: Callable[[], None], outbox: Channel[Any]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Stopped:
                pass
            except BaseException as error:  # noqa: BLE001 - carried to the main thread, which raises it
                self._fatal.append(error)
                self._stop.set()
            finally:
                outbox.done()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _list(self, sources: Sequence[Source]) -> None:
        for source in sources:
            for entry in source.items():
                self._sort(entry)

    def _sort(self, entry: Entry) -> None:
        location = entry.where if isinstance(entry, Failure) else entry.location
        if location in self._seen:
            return
        self._seen.add(location)
        if isinstance(entry, Item):
            self._ledger.listed(location)
        if isinstance(entry, Failure):
            self._ledger.failed(entry.where, "list", entry.reason)
        elif isinstance(entry, Unwanted):
            self._ledger.passed_over(entry)
        elif self._known(entry):
            self._ledger.count("known")
        else:
            self._ledger.progress("list", 1)
            self._listed.put(entry)

    def _known(self, item: Item) -> bool:
        located = self._home.catalogue.locations.get(item.location)
        return located is not None and located.version == item.version

    def _download(self) -> None:
        folder = self._home.path / MEDIA
        for item in self._listed:
            got = None
            with self._ledger.step(item.location, "download") as step:
                folder.mkdir(exist_ok=True)
                fetched = item.fetch(folder)
                if isinstance(fetched, Unwanted):
                    step.unwanted = fetched
                else:
                    got = _Got(item, fetched)
            if got:
                self._downloaded.put(got)

    def _transcribe(self) -> None:
        for got in self._downloaded:
            video, heard = got.fetched.video, None
            if video.id in self._heard or self._home.catalogue.videos.known([video.id]):
                self._home.catalogue.steps.remove(got.item.location, "transcribe")  # what failed there is there no more
                self._transcribed.put(got)  # another location of the same content
                continue
            with self._ledger.step(got.item.location, "transcribe") as step:
                heard = self._with_transcript(got.fetched)
                step.note = "" if heard.video.transcript.segments else SILENT
            if heard:
                self._heard.add(video.id)
                self._transcribed.put(replace(got, fetched=heard))
            else:
                _remove(got.fetched)  # damaged: the next attempt fetches it anew

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

    def _store(self, batch: Sequence[_Got]) -> Put:
        began = time.perf_counter()
        catalogue = self._home.catalogue
        known = catalogue.videos.known({got.fetched.video.id for got in batch})
        new = {got.fetched.video.id: got.fetched.video for got in reversed(batch)}
        new = {video_id: video for video_id, video in new.items() if video_id not in known}
        now = {got.item.location: got.fetched.video.id for got in batch}
        before = {location: found.video_id for location in now if (found := catalogue.locations.get(location))}
        here = sum(before.get(location) == video_id for location, video_id in now.items())
        self._ledger.count("known", here)
        self._ledger.count("same-content", len(batch) - len(new) - here)
        completed = self._completion.complete(list(new.values()))
        self._replace(before, now)
        for got in batch:  # first: a location counts only once its video is there, however the run ends between the two
            catalogue.locations.put(got.item.location, got.item.version, got.fetched.video.id)
        put = catalogue.videos.put(completed)
        deliver(self._home, self._models.encoder)
        seconds = (time.perf_counter() - began) / len(batch)
        for got in batch:
            catalogue.steps.put(got.item.location, "store", "done", seconds=seconds)
            if not self._media.keep_media:
                _remove(got.fetched)
        self._ledger.count("no-speech", sum(not video.transcript.segments for video in new.values()))
        self._ledger.progress("store", len(batch))
        return put

    def _replace(self, before: Mapping[str, str], now: Mapping[str, str]) -> None:
        """Remove the videos of which the last location, by `before`, has another content `now`."""
        catalogue = self._home.catalogue
        left = {video for location, video in before.items() if video != now[location]} - set(now.values())
        gone = [
            video
            for video in left
            if all(now.get(place, video) != video for place in catalogue.locations.of_video(video))
        ]
        self._ledger.count("content-replaced", catalogue.videos.remove(gone) if gone else 0)


def _remove(fetched: Fetched) -> None:
    if fetched.ours and fetched.media:
        fetched.media.unlink(missing_ok=True)
