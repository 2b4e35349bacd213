"""Every source of media lists the same items each time, and fetches them again where a run was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.errors import MediaError
from shortlist.ingest.media.choose_source import source_of
from shortlist.ingest.media.source import Fetched, Item, MediaFilter, Skipped, Source
from shortlist.ingest.tables.rows import Failure
from tests.media_server import content, media_server
from tests.memory_source import MemorySource
from tests.recordings import record, tone

EVERYTHING = MediaFilter()
PITCHES = (300, 440, 600)
MEDIA = MediaConfig(allow_private=True, pause_s=0, retries=0, backoff_s=0.01, timeout_s=20, downloads=2)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three recordings of one second."""
    folder = tmp_path_factory.mktemp("clips")
    return [record(folder / f"{pitch}.wav", [tone(1.0, pitch)]) for pitch in PITCHES]


def of_kind(source: Source, kind: type[Any]) -> list[Any]:
    return [entry for entry in source.items() if isinstance(entry, kind)]


class SourceContract:
    """Subclasses make a source of three videos of one second each, and one of a place that is not there."""

    config = MEDIA

    def source(self, media_filter: MediaFilter = EVERYTHING) -> Source:
        raise NotImplementedError

    def missing(self) -> Source:
        raise NotImplementedError

    def test_every_listing_has_the_same_items_in_the_same_order(self) -> None:
        source = self.source()
        first, again = ([(item.location, item.version) for item in of_kind(source, Item)] for _ in range(2))
        assert len({location for location, _ in first}) == 3
        assert first == again

    def test_a_limit_counts_items(self) -> None:
        assert len(of_kind(self.source(MediaFilter(limit=2)), Item)) == 2
        assert len(of_kind(self.source(MediaFilter(limit=9)), Item)) == 3

    def test_a_place_that_is_not_there_is_one_failure_with_a_reason(self) -> None:
        [failure] = self.missing().items()
        assert isinstance(failure, Failure)
        assert failure.where
        assert failure.reason

    def test_fetching_gives_a_video_and_its_media(self, tmp_path: Path) -> None:
        videos = set()
        for item in of_kind(self.source(), Item):
            fetched = item.fetch(tmp_path)
            assert isinstance(fetched, Fetched)
            assert fetched.media is not None
            assert fetched.media.is_file()
            assert fetched.temporary == (fetched.media.parent == tmp_path)
            videos.add(fetched.video.id)
        assert len(videos) == 3

    def test_fetching_twice_gives_the_same(self, tmp_path: Path) -> None:
        item = of_kind(self.source(), Item)[0]
        assert item.fetch(tmp_path) == item.fetch(tmp_path)


class MediaSourceContract(SourceContract):
    """The contract of sources whose files are real."""

    def test_what_is_longer_than_wanted_is_passed_over_with_the_reason(self, tmp_path: Path) -> None:
        entries = list(self.source(MediaFilter(max_duration_s=0.5)).items())
        passed = [entry.fetch(tmp_path) if isinstance(entry, Item) else entry for entry in entries]
        assert len(passed) == 3
        assert all(isinstance(one, Skipped) and "long" in one.reason for one in passed)
        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_too_large_raises_and_leaves_nothing(self, tmp_path: Path) -> None:
        self.config = MEDIA.model_copy(update={"max_bytes": 100})
        for item in of_kind(self.source(), Item):
            with pytest.raises(MediaError):
                item.fetch(tmp_path)
        assert list(tmp_path.iterdir()) == []


class TestMemorySource(SourceContract):
    def source(self, media_filter: MediaFilter = EVERYTHING) -> Source:
        return MemorySource(3, media_filter=media_filter)

    def missing(self) -> Source:
        return MemorySource(3, missing=True)


class TestLocalSource(MediaSourceContract):
    @pytest.fixture(autouse=True)
    def folder(self, clips: list[Path], tmp_path_factory: pytest.TempPathFactory) -> None:
        self.path = clips[0].parent
        self.gone = tmp_path_factory.mktemp("links") / "gone.wav"
        self.gone.symlink_to("nowhere")

    def source(self, media_filter: MediaFilter = EVERYTHING) -> Source:
        return source_of(str(self.path), self.config, media_filter)

    def missing(self) -> Source:
        return source_of(str(self.gone), self.config, EVERYTHING)


class TestBucketSource(MediaSourceContract):
    @pytest.fixture(autouse=True)
    def bucket(self, clips: list[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=self.endpoint)
        client.create_bucket(Bucket="clips")
        for clip in clips:
            client.put_object(Bucket="clips", Key=clip.name, Body=clip.read_bytes())
        yield
        server.stop()

    def source(self, media_filter: MediaFilter = EVERYTHING, bucket: str = "clips") -> Source:
        return source_of(f"s3://{bucket}/", self.config.model_copy(update={"s3_endpoint": self.endpoint}), media_filter)

    def missing(self) -> Source:
        return self.source(bucket="no-such-bucket")


class TestAddressSource(MediaSourceContract):
    """A feed of three media files on a web server."""

    @pytest.fixture(autouse=True)
    def site(self, clips: list[Path]) -> Iterator[None]:
        with media_server() as server:
            self.url = server.url
            entries = "".join(
                f"<item><title>{clip.stem}</title><link>{server.url}/{clip.name}</link></item>" for clip in clips
            )
            feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Clips</title>{entries}</channel></rss>'
            server.replies["/feed.rss"] = content(feed.encode(), "application/rss+xml")
            for clip in clips:
                server.replies[f"/{clip.name}"] = content(clip.read_bytes(), "audio/wav")
            yield

    def source(self, media_filter: MediaFilter = EVERYTHING, path: str = "feed.rss") -> Source:
        return source_of(f"{self.url}/{path}", self.config, media_filter)

    def missing(self) -> Source:
        return self.source(path="gone.mp4")
