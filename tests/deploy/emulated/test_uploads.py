"""Uploads to the deployed stack: from S3 by the queue and the function to the catalogue, or to the dead letters."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.deploy.conftest import ROOT
from tests.deploy.emulated.jobs import run
from tests.deploy.emulated.service import task_variables
from tests.deploy.emulated.stack import Deployed
from tests.deploy.emulated.uploads import WAIT_S, Uploads
from tests.serving.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
HEADER = "user_id,item_id,kind,action,at\n"
DEAD, MEDIA = "IngestionUploadsDead", "TranscriptionMediaQueue"
MOON, LATER = "why-moon-landers-have-such-ugly-legs", "a-video-that-comes-later"

Shortlist = Callable[..., Any]


def views(user: str, item: str, number: int = 1) -> str:
    """Rows of different events."""
    return "".join(f"{user},{item},video,view,2026-11-20T10:{at // 60:02}:{at % 60:02}Z\n" for at in range(number))


@pytest.fixture(scope="module")
def shortlist(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Shortlist:
    """shortlist("search", "moon") is the document of a command, with the settings and the rights of the service."""
    folder = tmp_path_factory.mktemp("task")

    def answer(*words: str, options: tuple[str, ...] = ("--json",)) -> Any:
        command = [str(Path(sys.executable).with_name("shortlist")), *words, *options]
        return json.loads(run(command, task_variables(deployed, folder)))

    return answer


@pytest.fixture(scope="module")
def uploads(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Uploads:
    """Uploads after those of the videos of sample/, which a run has stored and published."""
    uploads = Uploads(deployed)
    uploads.put("videos/one+two ü.jsonl", (ROOT / "sample" / "videos.jsonl").read_text())
    uploads.run(tmp_path_factory.mktemp("run"))
    return uploads


def test_uploaded_videos_are_found(uploads: Uploads, shortlist: Shortlist) -> None:
    assert uploads.keys("incoming/") == []
    assert "done/videos/one+two ü.1.jsonl" in uploads.keys("done/")
    [hit] = shortlist("search", "the legs of a lunar lander", "-k", "1")["hits"]
    assert hit["video_id"] == MOON


def test_good_rows_are_stored_and_bad_ones_quarantined(uploads: Uploads, shortlist: Shortlist) -> None:
    etag = uploads.put(
        "events/a day+1 ü.csv", HEADER + views("ann", MOON, 3) + "ann,,video,view,2026-11-20T10:00:00Z\n"
    )
    uploads.wait()
    assert [one["item_id"] for one in shortlist("reader", "events", "list", "ann")["events"]] == [MOON] * 3
    kept = f"{etag}/events/a day+1 ü.1.csv"
    assert uploads.keys(f"done/{etag}") == [f"done/{kept}"]
    assert uploads.keys(f"quarantine/{etag}") == [f"quarantine/{kept}"]


def test_uploads_that_are_delivered_again_and_in_another_order_change_nothing(
    uploads: Uploads, shortlist: Shortlist
) -> None:
    old = uploads.put("events/bob.csv", HEADER + views("bob", MOON, 1))
    uploads.wait()
    new = uploads.put("events/bob.csv", HEADER + views("bob", MOON, 2))
    for etag in (new, old, new, old):
        uploads.notify("events/bob.csv", etag)
    uploads.wait()
    assert len(shortlist("reader", "events", "list", "bob")["events"]) == 2
    assert uploads.keys("incoming/") == []
    assert uploads.keys("failed/") == []


def test_events_wait_for_a_run_that_stores_the_videos_that_they_are_about(
    uploads: Uploads, shortlist: Shortlist, tmp_path: Path
) -> None:
    etag = uploads.put("events/early.csv", HEADER + views("eve", LATER, 150))
    uploads.wait(waiting=1)
    assert uploads.keys("incoming/") == ["incoming/events/early.csv"]
    uploads.put("videos/later.jsonl", json.dumps({"id": LATER, "title": "A video that comes later"}) + "\n")
    uploads.run(tmp_path / "run", last="features")
    assert len(shortlist("reader", "events", "list", "eve", "-k", "1000")["events"]) == 150
    uploads.notify("events/early.csv", etag)  # as the queue will do after half an hour
    uploads.wait(waiting=1)
    assert len(shortlist("reader", "events", "list", "eve", "-k", "1000")["events"]) == 150
    assert uploads.keys("incoming/") == []


def test_the_features_of_a_reader_are_in_the_feature_store(uploads: Uploads, shortlist: Shortlist) -> None:
    """The service reads there what a job has written in the run before."""
    views = {one["view"]: one for one in shortlist("reader", "export", "bob", options=())["features"]}
    assert views["reader"]["choices_28d"] == 2
    assert views["reader_item"]["item_id"] == MOON


def test_names_of_uploaded_media_wait_for_their_transcription(uploads: Uploads) -> None:
    uploads.put("media/a clip+1 ü.mp4", "not looked into")
    [message] = until(lambda: uploads.messages(MEDIA), WAIT_S)
    assert json.loads(message)["name"] == "a clip+1 ü.mp4"


def test_messages_that_cannot_be_processed_end_in_the_dead_letter_queue(uploads: Uploads, shortlist: Shortlist) -> None:
    poison = ["no JSON", json.dumps({"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "x"}}}]})]
    with uploads.soon_again():
        for message in poison:
            uploads.send(message)
        uploads.put("events/between.csv", HEADER + views("cid", MOON))
        until(lambda: len(uploads.messages(DEAD)) == len(poison), WAIT_S)
    assert sorted(uploads.messages(DEAD)) == sorted(poison)
    assert len(shortlist("reader", "events", "list", "cid")["events"]) == 1


def test_the_log_of_the_function_has_counts_and_no_reader(uploads: Uploads) -> None:
    lines = [json.loads(line) for line in uploads.log() if line.startswith('{"_aws"')]
    assert sum(one["RowsStored"] for one in lines) >= 3
    assert sum(one["RowsQuarantined"] for one in lines) == 1
    assert not [line for line in uploads.log() if "ann" in line.split()]


def test_objects_get_the_key_of_the_stack_and_no_other_encryption(deployed: Deployed) -> None:
    role = deployed.named("AWS::IAM::Role", "TrainingJobRole")
    put = {"Bucket": deployed.outputs["Bucket"], "Key": "models/1/model.npz", "Body": b"1"}
    deployed.client("s3", role).put_object(**put)
    with pytest.raises(ClientError, match="AccessDenied"):
        deployed.client("s3", role).put_object(**put, ServerSideEncryption="AES256")
