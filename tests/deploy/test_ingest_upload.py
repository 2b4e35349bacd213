"""Uploaded tables are stored once, whatever S3 delivers; what cannot be processed ends in the dead-letter queue."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.types import Video
from shortlist.ops.data.inbox import Found
from shortlist.ops.data.workplace import Workplace
from tests.deploy.conftest import MAX_RECEIVES, Queue
from tests.ops.conftest import config, folder, outcomes, workplace  # noqa: F401  (fixtures)

BUCKET = "shortlist-data"
HEADER = "user_id,item_id,kind,action,at\n"
ROW = "u{0},v{0},video,view,2026-11-20T10:00:00Z\n"
DAY = HEADER + "".join(ROW.format(n) for n in range(20))
OF_V0 = HEADER + "".join(f"u{n},v0,video,view,2026-11-20T10:00:00Z\n" for n in range(150))

Upload = Callable[[str, str], Found]


@pytest.fixture
def s3(aws: Any) -> Any:
    client = aws("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def keys(s3: Any) -> list[str]:
    return sorted(one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()))


@pytest.fixture
def upload(s3: Any) -> Upload:
    """upload("events/day.csv", text) uploads to incoming/."""

    def put(name: str, text: str) -> Found:
        etag = s3.put_object(Bucket=BUCKET, Key=f"incoming/{name}", Body=text.encode())["ETag"].strip('"')
        kind, _, rest = name.partition("/")
        return Found(kind, rest, etag)  # type: ignore[arg-type]

    return put


@pytest.fixture
def opened(workplace: Any, s3: Any) -> Callable[[Found], AbstractContextManager[Workplace]]:  # noqa: F811
    """opened(found) is the workplace of one upload: the catalogue of the test, and nothing else of earlier ones."""
    import ingest_upload

    from shortlist.ops.data.ledger import FILE

    @contextmanager
    def open_one(found: Found) -> Iterator[Workplace]:
        with workplace() as place:
            try:
                yield replace(place, inbox=ingest_upload.UploadInbox(BUCKET, found, s3))
            finally:
                place.ledger.close()
                shutil.rmtree(place.processing, ignore_errors=True)
                for path in place.home.path.glob(f"{FILE}*"):
                    path.unlink()

    return open_one


def test_good_rows_are_stored_and_bad_ones_quarantined(opened: Any, upload: Upload, s3: Any) -> None:
    import ingest_upload

    found = upload("events/a day+1 ü.csv", DAY + "u1,,video,view,2026-11-20T10:00:00Z\n")
    with opened(found) as place:
        [arrival] = ingest_upload.store(place, last_try=False)
        assert (arrival.state, arrival.new, arrival.bad) == ("done", 20, 1)
        assert place.home.catalogue.counts().events == 20
    assert keys(s3) == [
        f"done/{found.version}/events/a day+1 ü.1.csv", f"quarantine/{found.version}/events/a day+1 ü.1.csv",
    ]  # fmt: skip


def test_a_second_delivery_of_the_same_event_changes_nothing(opened: Any, upload: Upload, s3: Any) -> None:
    import ingest_upload

    found = upload("events/day.csv", DAY)
    with opened(found) as place:
        ingest_upload.store(place, last_try=False)
    before = keys(s3)
    with opened(found) as place:
        assert ingest_upload.store(place, last_try=False) == []
        assert place.home.catalogue.counts().events == 20
    assert keys(s3) == before


def test_a_try_that_was_killed_before_the_file_was_moved_is_repeated(opened: Any, upload: Upload, s3: Any) -> None:
    import ingest_upload

    found = upload("events/day.csv", DAY)
    with opened(found) as place:
        ingest_upload.store(place, last_try=False)
    upload("events/day.csv", DAY)  # the object is in incoming/ again, in the same version
    with opened(found) as place:
        [arrival] = ingest_upload.store(place, last_try=False)
        assert (arrival.state, arrival.new, arrival.unchanged) == ("done", 0, 20)
    assert keys(s3) == [f"done/{found.version}/events/day.1.csv"]


def test_events_wait_for_the_videos_that_they_are_about(opened: Any, upload: Upload, s3: Any) -> None:
    import ingest_upload

    events = upload("events/day.csv", OF_V0)
    with opened(events) as place, pytest.raises(ingest_upload.UnknownContent, match="0% of the rows"):
        ingest_upload.store(place, last_try=False)
    assert keys(s3) == ["incoming/events/day.csv"]
    with opened(events) as place, place.home.writing():
        place.home.catalogue.videos.put([Video("v0", "Moon")])
    with opened(events) as place:
        [arrival] = ingest_upload.store(place, last_try=False)
        assert (arrival.state, arrival.new) == ("done", 150)


def test_events_about_nothing_are_refused_at_the_last_try(opened: Any, upload: Upload, s3: Any) -> None:
    import ingest_upload

    events = upload("events/day.csv", OF_V0)
    with opened(events) as place:
        assert outcomes(ingest_upload.store(place, last_try=True)) == {"day.csv": "refused"}
    kept = f"failed/{events.version}/events/day.1.csv"
    assert keys(s3) == [kept, f"{kept}.why.txt"]


def described(key: str, name: str = BUCKET) -> dict[str, Any]:
    """An event of S3 about the object with the encoded `key`."""
    return {"Records": [{"s3": {"bucket": {"name": name}, "object": {"key": key, "eTag": "e1"}}}]}


def test_keys_are_decoded_and_unfinished_uploads_left() -> None:
    from ingest_upload import upload_of

    assert upload_of({"key": "incoming/events/a+day%2B1%20%C3%BC.csv", "eTag": "e"}) == Found(
        "events", "a day+1 ü.csv", "e"
    )
    for name in ("day.csv.part", "", "../readers/x.csv", "folder/"):
        assert upload_of({"key": f"incoming/events/{name}", "eTag": "e"}) is None


def test_other_uploads_go_to_the_queues_of_runs_and_of_transcriptions(
    queue: Queue, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ingest_upload

    client = aws("sqs")
    urls = {name: client.create_queue(QueueName=name)["QueueUrl"] for name in ("runs", "media")}
    for name, url in urls.items():
        monkeypatch.setenv(f"{name.upper()}_QUEUE", url)
    queue.send(described("incoming/videos/new.jsonl"))
    queue.send(described("incoming/media/a+day/clip%2B1+%C3%BC.mp4"))
    queue.send(described("incoming/transcripts/clip.mp4/sha256%3A12.jsonl"))
    queue.send({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET})
    queue.deliver_all(ingest_upload.handler)

    def sent(name: str) -> list[Any]:
        messages = client.receive_message(QueueUrl=urls[name], MaxNumberOfMessages=10)["Messages"]
        return [json.loads(one["Body"]) for one in messages]

    assert sent("runs") == [{"reason": "upload"}] * 2
    assert sent("media") == [{"name": "a day/clip+1 ü.mp4", "version": "e1"}]
    assert queue.dead() == []


def test_poison_ends_in_the_dead_letter_queue_and_does_not_hold_up_others(
    queue: Queue, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ingest_upload

    runs = aws("sqs").create_queue(QueueName="runs")["QueueUrl"]
    monkeypatch.setenv("RUNS_QUEUE", runs)
    for message in (
        "no JSON",
        {"Records": [{"s3": {}}]},
        described("elsewhere/x.csv"),
        described("incoming/videos/v.csv"),
    ):
        queue.send(message)
    queue.deliver(ingest_upload.handler)
    assert len(aws("sqs").receive_message(QueueUrl=runs)["Messages"]) == 1
    for _ in range(MAX_RECEIVES):
        queue.deliver(ingest_upload.handler)
    assert len(queue.dead()) == 3


def test_an_upload_goes_through_the_queue_into_postgresql(
    queue: Queue, s3: Any, postgres: Any, new_hash_encoder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """From the upload to the catalogue: notification, queue, password from the secret, function, rows."""
    import boto3
    import ingest_upload
    from pydantic import SecretStr

    from shortlist.core.config import StoreConfig
    from shortlist.store.home import Home
    from tests.database_servers import PASSWORD

    url = postgres.new_database()
    secret = boto3.client("secretsmanager").create_secret(
        Name="database", SecretString=json.dumps({"username": "shortlist", "password": PASSWORD})
    )
    monkeypatch.setenv("DATABASE_SECRET", secret["ARN"])
    monkeypatch.setenv("PGPASSWORD", "overwritten")
    before, at = url.rsplit(":", 2)[0], url.rpartition("@")[2]
    monkeypatch.setenv("SHORTLIST_STORE__CATALOGUE", f"{before.rpartition('//')[0]}//shortlist@{at}")
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={"QueueConfigurations": [{
            "QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "incoming/"}]}},
        }]},
    )  # fmt: skip
    servers = StoreConfig(catalogue=SecretStr(url))
    with Home.open(tmp_path / "home", new_hash_encoder().name, servers) as home:
        s3.put_object(Bucket=BUCKET, Key="incoming/events/a day+1 ü.csv", Body=DAY.encode())
        s3.put_object(
            Bucket=BUCKET, Key="incoming/readers/r.jsonl", Body=b'{"user_id": "u1", "interests": ["space"]}\n'
        )
        queue.deliver_all(ingest_upload.handler)
        assert home.catalogue.counts().events == 20
        assert home.catalogue.readers.get("u1").interests == ("space",)
    assert {key.split("/")[0] for key in keys(s3)} == {"done"}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    assert sum(line["RowsStored"] for line in lines) == 21
    assert "u1" not in json.dumps(lines)
