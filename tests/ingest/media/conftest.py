"""Fixtures for media ingest: a speech model that transcribes file names, a server, settings without waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config_sections.ingest import IngestConfig, MediaConfig
from shortlist.core.types import Segment, Transcript
from shortlist.ingest.load import IngestResult
from shortlist.ingest.media.choose_source import source_of
from shortlist.ingest.media.pipeline import Models, load_media
from shortlist.ingest.media.source import MediaFilter, Source
from shortlist.store.home import Home
from tests.media_server import MediaServer, media_server
from tests.recordings import record, tone

EVERYTHING = MediaFilter()


class Scribe:
    """A Transcriber that hears the same sentence in everything; `heard` keeps the files, `fails` raises for some."""

    name = "scribe"

    def __init__(self) -> None:
        self.heard: list[Path] = []
        self.fails: Callable[[Path], Exception | None] = lambda _path: None

    def transcribe(self, path: Path) -> Transcript:
        self.heard.append(path)
        error = self.fails(path)
        if error is not None:
            raise error
        return Transcript((Segment("Bake the bread in the oven.", 0.0, 1.0),), "en", "whisper")


@pytest.fixture
def scribe() -> Scribe:
    return Scribe()


@pytest.fixture
def media() -> MediaConfig:
    return MediaConfig(allow_private=True, pause_s=0, retries=2, backoff_s=0.01, timeout_s=20, downloads=2)


@pytest.fixture
def server() -> Iterator[MediaServer]:
    with media_server() as running:
        yield running


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], bytes]:
    """The bytes of an mp4 with a tone of so many hertz: another pitch is another video."""
    folder = tmp_path_factory.mktemp("clips")

    def make(hertz: float = 440, seconds: float = 1.0) -> bytes:
        path = folder / f"{hertz}-{seconds}.mp4"
        if not path.exists():
            record(path, [tone(seconds, hertz)])
        return path.read_bytes()

    return make


@pytest.fixture
def ingest(
    home: Home, encoder: Any, scribe: Scribe, media: MediaConfig, config: IngestConfig
) -> Callable[..., IngestResult]:
    """Ingest sources, given as texts or objects, into the home."""

    def run(
        *sources: str | Path | Source, media_filter: MediaFilter = EVERYTHING, media: MediaConfig = media
    ) -> IngestResult:
        made = [source_of(str(s), media, media_filter) if isinstance(s, str | Path) else s for s in sources]
        return load_media(home, made, Models(lambda: scribe, lambda: encoder), config, media)

    return run
