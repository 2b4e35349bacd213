"""Object storage, against moto's S3 server on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.ingest.load import IngestResult
from shortlist.ingest.media.choose_source import source_of
from shortlist.ingest.media.source import Item, MediaFilter
from shortlist.store.home import Home
from tests.recordings import record, tone

Ingest = Callable[..., IngestResult]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str, media: MediaConfig, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, MediaConfig]:
    """A client of an empty bucket "clips", and settings that lead there."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket="clips")
    for found in client.list_objects_v2(Bucket="clips").get("Contents", ()):
        client.delete_object(Bucket="clips", Key=found["Key"])
    return client, media.model_copy(update={"s3_endpoint": endpoint})


def test_a_prefix_becomes_videos(
    home: Home, ingest: Ingest, s3: tuple[Any, MediaConfig], tmp_path: Path, scribe: Any
) -> None:
    client, config = s3
    first = record(tmp_path / "a.wav", [tone(1)]).read_bytes()
    client.put_object(Bucket="clips", Key="food/bread rolls 🍞.wav", Body=first)
    client.put_object(Bucket="clips", Key="food/copy.wav", Body=first)
    client.put_object(Bucket="clips", Key="food/notes.txt", Body=b"no media")
    client.put_object(Bucket="clips", Key="food/broken.mp4", Body=b"no media either")
    client.put_object(Bucket="clips", Key="other/b.wav", Body=record(tmp_path / "b.wav", [tone(2)]).read_bytes())
    loaded = ingest("s3://clips/food/", media=config)
    assert loaded.new == 1
    assert [failure.where for failure in loaded.failures] == ["s3://clips/food/broken.mp4"]
    [video_id] = home.catalogue.videos.ids()
    assert home.catalogue.locations.of_video(video_id) == [
        "s3://clips/food/bread rolls 🍞.wav",
        "s3://clips/food/copy.wav",
    ]
    assert list((home.path / "media").iterdir()) == []
    again = ingest("s3://clips/food/", media=config)
    assert (again.new, again.unchanged, len(scribe.heard)) == (0, 2, 1)
    client.put_object(Bucket="clips", Key="food/copy.wav", Body=record(tmp_path / "c.wav", [tone(3)]).read_bytes())
    assert ingest("s3://clips/food/", media=config).new == 1


def test_a_finished_download_of_a_stopped_run_is_used(s3: tuple[Any, MediaConfig], tmp_path: Path) -> None:
    client, config = s3
    client.put_object(Bucket="clips", Key="a.wav", Body=record(tmp_path / "a.wav", [tone(1)]).read_bytes())
    [item] = source_of("s3://clips/", config, MediaFilter()).items()
    assert isinstance(item, Item)
    first = item.fetch(tmp_path)
    client.delete_object(Bucket="clips", Key="a.wav")
    assert item.fetch(tmp_path) == first


def test_a_bucket_that_is_not_there_is_a_failure(ingest: Ingest, s3: tuple[Any, MediaConfig]) -> None:
    loaded = ingest("s3://nowhere/x", media=s3[1])
    assert "NoSuchBucket" in loaded.failures[0].reason
