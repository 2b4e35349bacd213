"""Snapshots are published whole, sent once, kept for a while, and refused if they are damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pydantic import ValidationError

from shortlist.core.errors import HomeDamaged, HomeVersion, ReadOnlyHome, StateError
from shortlist.core.types import Event
from shortlist.ops.publish.follow import Follower
from shortlist.ops.publish.manifest import BLOCK, BLOCKS, CURRENT, SNAPSHOTS, BlockList, Manifest
from shortlist.ops.publish.place import FolderPlace
from shortlist.ops.publish.publish import publish, read_pointer
from shortlist.ops.publish.s3_place import S3Place
from shortlist.ops.publish.stage import LEFT_OUT, copy_catalogue
from shortlist.retrieval.trained import versions
from shortlist.retrieval.trained.logistic_ranker import LogisticRanker
from shortlist.store.home import Home
from shortlist.store.home_files import CATALOGUE

AT = datetime(2026, 11, 20, tzinfo=UTC)
RANKER = LogisticRanker(("dense:z",), (1.0,), (0.5,), (0.25,), {"dense": 3})
Seen = Callable[[Path], set[str]]


def test_a_follower_sees_what_was_published(publisher: Any, follower: Follower, seen: Seen) -> None:
    publisher.publish()
    assert seen(follower.pull()) == {"a", "b", "c"}
    publisher.add("d")
    assert seen(follower.pull()) == {"a", "b", "c"}
    publisher.publish()
    assert seen(follower.pull()) == {"a", "b", "c", "d"}


@pytest.mark.servers
def test_a_bucket_is_followed_like_a_folder(publisher: Any, seen: Seen, tmp_path: Path) -> None:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )  # fmt: skip
    client.create_bucket(Bucket="snapshots")
    publisher.place = S3Place("s3://snapshots/team", client)
    follower = Follower(publisher.place, tmp_path / "follower", with_catalogue=True)
    publisher.publish()
    assert seen(follower.pull()) == {"a", "b", "c"}
    publisher.add("d")
    publisher.publish()
    assert seen(follower.pull()) == {"a", "b", "c", "d"}
    client.put_object(Bucket="snapshots", Key="team/current.json", Body=b"{")
    with pytest.raises(HomeDamaged, match="the pointer of s3://snapshots/team is damaged"):
        follower.pull()
    assert seen(follower.first()) == {"a", "b", "c", "d"}
    server.stop()


def test_only_what_changed_is_sent(publisher: Any) -> None:
    first = publisher.publish()
    assert first.is_new
    assert 0 < first.sent_bytes <= first.manifest.size
    again = publisher.publish()
    assert (again.is_new, again.sent_blocks, again.manifest) == (False, 0, first.manifest)
    publisher.add("d")
    second = publisher.publish()
    same = [name for name, file in second.manifest.files.items() if first.manifest.files.get(name) == file]
    assert second.is_new
    assert 0 < second.sent_bytes <= second.manifest.size - sum(second.manifest.files[name].size for name in same)


def test_pages_of_the_catalogue_that_did_not_change_are_the_same_blocks(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "source")) as source:
        for table in LEFT_OUT:
            source.execute(f"CREATE TABLE {table} (text)")
            source.execute(f"INSERT INTO {table} VALUES ('private')")
        source.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, text)")
        source.executemany("INSERT INTO rows VALUES (?, ?)", [(number, "x" * 1000) for number in range(5000)])
        source.commit()
        copy_catalogue(tmp_path / "source", tmp_path / "before")
        source.execute("INSERT INTO rows VALUES (9999, 'new')")
        source.commit()
    copy_catalogue(tmp_path / "source", tmp_path / "after")
    old, new = ((tmp_path / name).read_bytes() for name in ("before", "after"))
    changed = [at for at in range(0, len(new), BLOCK) if old[at : at + BLOCK] != new[at : at + BLOCK]]
    assert len(new) > 4 * BLOCK
    assert 1 <= len(changed) <= 2  # the header, and the page with the new row
    assert b"private" not in new


def test_old_snapshots_and_their_blocks_are_deleted(publisher: Any, place: FolderPlace) -> None:
    for video in ("d", "e", "f"):
        publisher.add(video)
        publisher.publish(keep=2)
    pointer, _ = read_pointer(place)
    assert pointer is not None
    assert len(pointer.snapshots) == 2
    assert place.names(SNAPSHOTS) == {f"{SNAPSHOTS}/{one.name}" for one in pointer.snapshots}
    needed = {name for one in pointer.snapshots for name in Manifest.model_validate_json(
        place.read(f"{SNAPSHOTS}/{one.name}") or b"").blocks}  # fmt: skip
    assert place.names(BLOCKS) == needed


def test_a_damaged_block_is_refused_and_sent_again(
    publisher: Any, follower: Follower, place: FolderPlace, seen: Seen, tmp_path: Path
) -> None:
    publisher.publish()
    before = follower.pull()
    publisher.add("d")
    second = publisher.publish()
    sha = second.manifest.files[CATALOGUE].blocks[0]
    path = tmp_path / "place" / BLOCKS / sha
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(HomeDamaged, match=r"another SHA-256.*publish --verify"):
        follower.pull()
    assert follower.current() == follower.first() == before
    assert seen(before) == {"a", "b", "c"}
    assert publisher.publish().sent_blocks == 0
    assert publisher.publish(verify=True).sent_blocks == 1
    assert seen(follower.pull()) == {"a", "b", "c", "d"}


def test_a_damaged_manifest_is_refused(publisher: Any, follower: Follower, seen: Seen, tmp_path: Path) -> None:
    publisher.publish()
    [path] = (tmp_path / "place" / SNAPSHOTS).iterdir()
    path.write_bytes(path.read_bytes().replace(b'"revision":1', b'"revision":2'))
    with pytest.raises(HomeDamaged, match="manifest with another SHA-256"):
        follower.first()
    with pytest.raises(HomeDamaged, match="publish --verify"):
        publisher.publish()
    assert publisher.publish(verify=True).sent_blocks == 0
    assert seen(follower.first()) == {"a", "b", "c"}


def test_a_damaged_pointer_is_replaced_on_request(
    publisher: Any, follower: Follower, seen: Seen, tmp_path: Path
) -> None:
    publisher.publish()
    (tmp_path / "place" / CURRENT).write_bytes(b"{")
    with pytest.raises(HomeDamaged, match=r"the pointer of .* is damaged"):
        publisher.publish()
    assert publisher.publish(verify=True).manifest.number == 2
    assert seen(follower.first()) == {"a", "b", "c"}


@pytest.mark.parametrize("name", ["../catalogue.sqlite3", "/etc/passwd", "indexes/../../x", "answers.sqlite3", "a//b"])
def test_a_manifest_cannot_name_other_files(name: str) -> None:
    facts = {"number": 1, "created": AT, "home_id": "h", "encoder": "e", "schema_version": 1, "revision": 1}
    with pytest.raises(ValidationError, match="does not belong"):
        Manifest(**facts, files={name: BlockList(size=0, blocks=())})  # type: ignore[arg-type]


def test_a_place_is_for_one_home(publisher: Any, place: FolderPlace, tmp_path: Path, hash_encoder: Any) -> None:
    publisher.publish()
    with Home.open(tmp_path / "other", hash_encoder.name) as other, pytest.raises(HomeVersion, match="another home"):
        publish(other, place, lambda: hash_encoder, 3)


def test_of_two_that_publish_at_once_one_is_refused(publisher: Any, place: FolderPlace, seen: Seen) -> None:
    publisher.publish()
    _, version = read_pointer(place)
    publisher.add("d")
    publisher.publish()
    with pytest.raises(StateError, match="another process has published"):
        place.replace_pointer(b"{}", version)


def test_nothing_can_be_followed_before_it_is_published(follower: Follower) -> None:
    with pytest.raises(HomeVersion, match=r"nothing was published.*shortlist ops publish"):
        follower.first()


def test_a_follower_cannot_write_and_says_where_to(publisher: Any, follower: Follower) -> None:
    publisher.publish()
    with Home.open(publisher.folder.with_name("follower"), "hash-32", follows=follower.pull()) as home:
        with pytest.raises(ReadOnlyHome, match=r"on the machine that publishes.*PostgreSQL"), home.writing():
            pass
        with pytest.raises(ReadOnlyHome):
            home.catalogue.events.add([Event("ann", "a", "video", "view", AT)])
        home.catalogue.threads.add("chat", {"said": "hello"})
        assert home.catalogue.threads.get("chat") == [{"said": "hello"}]


def test_a_follower_refuses_a_snapshot_that_does_not_fit(publisher: Any, place: FolderPlace, tmp_path: Path) -> None:
    publisher.publish()
    follower = Follower(place, tmp_path / "on servers", with_catalogue=False)
    with pytest.raises(HomeVersion, match=r"expected a catalogue on a server.*found a catalogue in the snapshot"):
        follower.first()


def test_the_model_in_use_travels_and_is_checked(publisher: Any, follower: Follower, seen: Seen) -> None:
    receipt = {"towers": [], "ranker": "logistic", "weights": {}, "at": "2026-11-20"}
    for name in ("old", "new"):
        versions.write_version(publisher.folder, versions.Trained(name, {}, RANKER), receipt)
    versions.promote(publisher.folder, "new", "better")
    names = publisher.publish().manifest.files
    assert not [name for name in names if "/old/" in name or name.endswith(("signing.key", "checksums.json"))]
    copy = follower.pull()
    assert versions.load_trained(copy, None).ranker == RANKER
    [damaged] = (copy / "trained/versions/new").glob("ranker*")
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    with pytest.raises(HomeDamaged):
        versions.read_version(copy, "new")
