"""The contract of `Place`: objects appear whole, and the pointer is replaced by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from shortlist.core.errors import ServiceError, StateError
from shortlist.ops.publish.place import FolderPlace, Place
from shortlist.ops.publish.s3_place import S3Place


class PlaceContract:
    """A subclass has the fixture `place`, which is empty."""

    def test_what_was_written_is_read(self, place: Place) -> None:
        assert place.read("blocks/ab") is None
        place.write("blocks/ab", b"content")
        place.write("blocks/ab", b"content")
        assert place.read("blocks/ab") == b"content"

    def test_names_are_those_of_one_folder(self, place: Place) -> None:
        assert place.names("blocks") == set()
        for name in ("blocks/ab", "blocks/cd", "snapshots/00000001.json"):
            place.write(name, b"x")
        assert place.names("blocks") == {"blocks/ab", "blocks/cd"}

    def test_what_was_removed_is_gone(self, place: Place) -> None:
        place.write("blocks/ab", b"x")
        place.remove("blocks/ab")
        place.remove("blocks/ab")
        assert (place.read("blocks/ab"), place.names("blocks")) == (None, set())

    def test_the_pointer_is_replaced_by_who_has_seen_it_last(self, place: Place) -> None:
        assert place.pointer() is None
        place.replace_pointer(b"1", None)
        first = place.pointer()
        assert first is not None
        with pytest.raises(StateError, match="another process has published"):
            place.replace_pointer(b"2", None)
        place.replace_pointer(b"3", first[1])
        with pytest.raises(StateError, match="another process has published"):
            place.replace_pointer(b"4", first[1])
        third = place.pointer()
        assert third is not None
        assert third[0] == b"3"


class TestFolderPlace(PlaceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> FolderPlace:
        return FolderPlace(tmp_path / "place")

    def test_only_the_owner_can_read_it(self, place: FolderPlace, tmp_path: Path) -> None:
        place.write("blocks/ab", b"x")
        paths = [tmp_path / "place", *(tmp_path / "place").rglob("*")]
        assert [path for path in paths if path.stat().st_mode & 0o077] == []

    def test_what_a_killed_process_left_is_deleted(self, place: FolderPlace, tmp_path: Path) -> None:
        place.write("blocks/ab", b"x")
        (tmp_path / "place/blocks/.cd.0.part").write_bytes(b"half")
        assert place.names("blocks") == {"blocks/ab"}
        assert [path.name for path in (tmp_path / "place/blocks").iterdir()] == ["ab"]


class TestS3Place(PlaceContract):
    @pytest.fixture(scope="class")
    def client(self) -> Iterator[Any]:
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield boto3.client(
            "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )  # fmt: skip
        server.stop()

    @pytest.fixture
    def place(self, client: Any) -> S3Place:
        client.create_bucket(Bucket="snapshots")
        for entry in client.list_objects_v2(Bucket="snapshots").get("Contents", ()):
            client.delete_object(Bucket="snapshots", Key=entry["Key"])
        return S3Place("s3://snapshots/team/a", client)

    def test_objects_are_below_the_prefix(self, place: S3Place, client: Any) -> None:
        place.write("blocks/ab", b"x")
        [entry] = client.list_objects_v2(Bucket="snapshots")["Contents"]
        assert entry["Key"] == "team/a/blocks/ab"

    def test_a_bucket_that_cannot_be_reached_is_one_error(self, client: Any) -> None:
        with pytest.raises(ServiceError, match="cannot work in s3://absent"):
            S3Place("s3://absent", client).names("blocks")
