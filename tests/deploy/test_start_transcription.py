"""An uploaded media file starts one job; messages that fail end in the dead-letter queue."""

from __future__ import annotations

import json

import pytest

from tests.deploy.conftest import MAX_RECEIVES, Queue
from tests.deploy.sagemaker_stand_in import StandIn

FILE = {"name": "a day/one+two ü.mp4", "version": "e1"}


def test_a_file_starts_a_job_with_its_name(queue: Queue, batch: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    from start_transcription import handler

    queue.send(FILE)
    queue.deliver_all(handler)
    [job] = batch.called("submitjob")
    assert job["parameters"] == FILE
    assert job["jobName"].isascii()
    assert len(job["jobName"]) <= 128
    assert (job["jobQueue"].rpartition("/")[2], job["jobDefinition"].rpartition("/")[2]) == ("q", "d:1")
    assert json.loads(capsys.readouterr().out)["TranscriptionsStarted"] == 1


@pytest.mark.parametrize(("status", "jobs"), [("RUNNABLE", 0), ("RUNNING", 0), ("FAILED", 1), ("SUCCEEDED", 1)])
def test_a_second_message_starts_no_job_while_one_goes_on(batch: StandIn, status: str, jobs: int) -> None:
    from start_transcription import handler, name_of

    batch.answers["listjobs"] = {"jobSummaryList": [{"jobId": "1", "jobName": name_of(**FILE), "status": status}]}
    record = {"messageId": "m1", "body": json.dumps(FILE)}
    assert handler({"Records": [record]}, None) == {"batchItemFailures": []}
    [asked] = batch.called("listjobs")
    assert asked["filters"] == [{"name": "JOB_NAME", "values": [name_of(**FILE)]}]
    assert len(batch.called("submitjob")) == jobs


def test_another_version_is_another_job() -> None:
    from start_transcription import name_of

    assert len({name_of("a", "1"), name_of("a", "2"), name_of("b", "1"), name_of("a\n1", "")}) == 4


def test_messages_that_fail_end_in_the_dead_letter_queue(queue: Queue, batch: StandIn) -> None:
    from start_transcription import handler

    for message in ("no JSON", {"reason": "upload"}, FILE):
        queue.send(message)
    for _ in range(MAX_RECEIVES + 1):
        queue.deliver(handler)
    assert len(queue.dead()) == 2
    assert len(batch.called("submitjob")) == 1
    del batch.answers["submitjob"]  # Batch refuses
    queue.send(FILE)
    for _ in range(MAX_RECEIVES + 1):
        queue.deliver(handler)
    assert len(queue.dead()) == 3
