"""The contract of `Inbox`: a file arrives once, whatever kind of place it arrives in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from shortlist.core.errors import ServiceError
from shortlist.ops.data.inbox import Found, Inbox, LocalInbox
from shortlist.ops.data.s3_inbox import S3Inbox


class InboxContract(ABC):
    """A subclass has the fixture `inbox`, and says how its files are written and listed."""

    @abstractmethod
    def write(self, inbox: Any, name: str, content: bytes) -> None: ...

    @abstractmethod
    def names(self, inbox: Any) -> set[str]: ...

    def test_files_are_found_by_kind_and_name(self, inbox: Inbox) -> None:
        for name in ("events/b.csv", "events/2026/11/a b+ü.csv", "videos/v.jsonl", "media/clip.mp4"):
            self.write(inbox, f"incoming/{name}", b"x")
        found = [(one.kind, one.name) for one in inbox.found()]
        assert found == [
            ("videos", "v.jsonl"), ("events", "2026/11/a b+ü.csv"), ("events", "b.csv"), ("media", "clip.mp4"),
        ]  # fmt: skip

    def test_uploads_that_are_not_finished_and_other_folders_are_left(self, inbox: Inbox) -> None:
        for name in ("events/.hidden.csv", "events/day.csv.part", "events/day.TMP", "letters/a.txt", "day.csv"):
            self.write(inbox, f"incoming/{name}", b"x")
        assert list(inbox.found()) == []

    def test_a_file_is_taken_whole(self, inbox: Inbox, tmp_path: Path) -> None:
        self.write(inbox, "incoming/events/day.csv", b"content")
        [found] = inbox.found()
        target = tmp_path / "new" / "day.csv"
        assert inbox.take(found, target)
        assert target.read_bytes() == b"content"
        assert [path.name for path in target.parent.iterdir()] == ["day.csv"]
        inbox.clear(found)
        assert self.names(inbox) == set()
        inbox.clear(found)

    def test_a_file_that_is_gone_is_not_taken(self, inbox: Inbox, tmp_path: Path) -> None:
        assert not inbox.take(Found("events", "gone.csv", ""), tmp_path / "gone.csv")

    def test_files_are_listed_and_copied(self, inbox: Inbox, tmp_path: Path) -> None:
        for name in ("done/events/b.csv", "done/events/2026/a.csv", "incoming/events/b.csv.part"):
            self.write(inbox, name, name.encode())
        assert list(inbox.names("done")) == ["done/events/2026/a.csv", "done/events/b.csv"]
        assert list(inbox.names("incoming")) == ["incoming/events/b.csv.part"]
        assert inbox.copy("done/events/b.csv", tmp_path / "new" / "copy.csv")
        assert (tmp_path / "new" / "copy.csv").read_bytes() == b"done/events/b.csv"
        assert len(self.names(inbox)) == 3
        assert not inbox.copy("done/events/gone.csv", tmp_path / "gone.csv")

    def test_a_kept_file_can_be_fetched_and_removed(self, inbox: Inbox, tmp_path: Path) -> None:
        path = tmp_path / "day.csv"
        path.write_bytes(b"content")
        location = inbox.keep(path, "done/events/day.1.csv")
        assert location.endswith("done/events/day.1.csv")
        assert not path.exists()
        inbox.fetch("done/events/day.1.csv", path)
        assert path.read_bytes() == b"content"
        assert self.names(inbox) == set()
        with pytest.raises(FileNotFoundError):
            inbox.fetch("done/events/day.1.csv", path)
        inbox.keep(path, "done/events/day.1.csv")
        inbox.remove("done/events/day.1.csv")
        inbox.remove("done/events/day.1.csv")
        assert self.names(inbox) == set()

    def test_a_file_is_put_and_moved(self, inbox: Inbox, tmp_path: Path) -> None:
        inbox.put("incoming/events/a day+1 ü.csv", b"old")
        inbox.put("incoming/events/a day+1 ü.csv", b"new")
        [found] = inbox.found()
        inbox.move(found, "done/events/day.csv")
        assert list(inbox.names("done")) == ["done/events/day.csv"]
        assert inbox.copy("done/events/day.csv", tmp_path / "copy.csv")
        assert (tmp_path / "copy.csv").read_bytes() == b"new"
        inbox.move(found, "failed/events/day.csv")
        assert len(self.names(inbox)) == 1


class TestLocalInbox(InboxContract):
    @pytest.fixture
    def inbox(self, tmp_path: Path) -> LocalInbox:
        return LocalInbox(tmp_path / "inbox", 0)

    def write(self, inbox: Any, name: str, content: bytes) -> None:
        path = inbox._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def names(self, inbox: Any) -> set[str]:
        return {str(path.relative_to(inbox._root)) for path in inbox._root.rglob("*") if path.is_file()}

    def test_a_file_that_was_just_changed_is_left(self, tmp_path: Path) -> None:
        inbox = LocalInbox(tmp_path, 10, now=lambda: changed + passed)
        path = tmp_path / "incoming/events/day.csv"
        path.write_text("half of a line")
        changed, passed = path.stat().st_mtime, 9.0
        assert list(inbox.found()) == []
        assert inbox.n_incomplete() == 1
        passed = 11.0
        assert [found.name for found in inbox.found()] == ["day.csv"]
        assert inbox.n_incomplete() == 0

    def test_a_file_that_a_process_writes_is_left_however_slow_it_is(self, inbox: LocalInbox, tmp_path: Path) -> None:
        path = tmp_path / "inbox/incoming/events/day.csv"
        with path.open("w") as upload:
            upload.write("half of a line")
            upload.flush()
            assert list(inbox.found()) == []
            assert not inbox.take(Found("events", "day.csv", ""), tmp_path / "day.csv")
        assert [found.name for found in inbox.found()] == ["day.csv"]

    def test_links_are_left(self, inbox: LocalInbox, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("of another folder")
        (tmp_path / "inbox/incoming/events/day.csv").symlink_to(tmp_path / "secret")
        assert list(inbox.found()) == []


@pytest.fixture(scope="module")
def s3_client() -> Iterator[Any]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )  # fmt: skip
    server.stop()


class TestS3Inbox(InboxContract):
    @pytest.fixture
    def inbox(self, s3_client: Any) -> S3Inbox:
        s3_client.create_bucket(Bucket="drop")
        for entry in s3_client.list_objects_v2(Bucket="drop").get("Contents", ()):
            s3_client.delete_object(Bucket="drop", Key=entry["Key"])
        return S3Inbox("s3://drop/team/a", s3_client)

    def write(self, inbox: Any, name: str, content: bytes) -> None:
        inbox._client.put_object(Bucket="drop", Key=f"team/a/{name}", Body=content)

    def names(self, inbox: Any) -> set[str]:
        return {entry["Key"] for entry in inbox._client.list_objects_v2(Bucket="drop").get("Contents", ())}

    def test_a_newer_version_is_neither_cleared_nor_moved(self, inbox: S3Inbox, tmp_path: Path) -> None:
        self.write(inbox, "incoming/events/day.csv", b"old")
        [found] = inbox.found()
        self.write(inbox, "incoming/events/day.csv", b"new")
        inbox.clear(found)
        inbox.move(found, "done/events/day.csv")
        assert [one.version for one in inbox.found()] != [found.version]
        assert list(inbox.names("done")) == []

    def test_names_that_leave_the_folder_are_left(self, inbox: S3Inbox) -> None:
        for name in ("../up.csv", "a//b.csv", "./c.csv", "folder/"):
            self.write(inbox, f"incoming/events/{name}", b"x")
        assert list(inbox.found()) == []

    def test_a_bucket_that_cannot_be_reached_is_one_error(self, s3_client: Any) -> None:
        with pytest.raises(ServiceError, match="cannot work in s3://absent"):
            list(S3Inbox("s3://absent", s3_client).found())
