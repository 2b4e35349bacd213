"""From an uploaded media file to the request for the run that stores its transcript: both functions and the job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shortlist.core.config_sections.ingest import MediaConfig
from shortlist.core.types import Segment, Transcript
from shortlist.ops.data.s3_inbox import S3Inbox
from shortlist.ops.transcribe import transcribe_waiting
from tests.deploy.conftest import Queue
from tests.deploy.sagemaker_stand_in import StandIn
from tests.recordings import record, tone

BUCKET, NAME = "shortlist-data", "a day/one+two ü & 50%.wav"


class Hears:
    """A transcriber that hears the same in every file."""

    name = "hears"

    def transcribe(self, path: Path) -> Transcript:
        return Transcript((Segment("The Moon is round.", 0.0, 0.5),), "en", "whisper")


def test_a_name_survives_on_its_way(
    queue: Queue, aws: Callable[[str], Any], batch: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ingest_upload
    import start_transcription

    s3, sqs = aws("s3"), aws("sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("media", "runs")}
    for name, url in urls.items():
        monkeypatch.setenv(f"{name.upper()}_QUEUE", url)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    incoming = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "incoming/"}]}}
    events = {"QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"], "Filter": incoming}
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [events]})
    s3.upload_file(str(record(tmp_path / "clip.wav", [tone(1)])), BUCKET, f"incoming/media/{NAME}")

    queue.deliver_all(ingest_upload.handler)
    Queue(queue.client, urls["media"], "", "").deliver_all(start_transcription.handler)
    [job] = batch.called("submitjob")
    names = [job["parameters"]["name"]]
    [done] = transcribe_waiting(S3Inbox(f"s3://{BUCKET}", s3), Hears, MediaConfig(), names)
    assert (done.name, done.segments) == (NAME, 1)
    assert list(transcribe_waiting(S3Inbox(f"s3://{BUCKET}", s3), Hears, MediaConfig(), names)) == []

    queue.deliver_all(ingest_upload.handler)
    [request] = sqs.receive_message(QueueUrl=urls["runs"], MaxNumberOfMessages=10)["Messages"]
    assert json.loads(request["Body"]) == {"reason": "upload"}
    assert queue.dead() == []
    keys = sorted(one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"])
    assert [key.rpartition("/")[0] for key in keys] == [f"done/media/{NAME}", f"incoming/transcripts/{NAME}"]
