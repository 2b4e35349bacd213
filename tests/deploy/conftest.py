"""Fixtures for deploy: the functions of deploy/aws/handlers, and moto in place of AWS."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from pydantic import SecretStr

from shortlist.core.config import StoreConfig
from shortlist.store.home import Home
from tests.database_servers import Postgres
from tests.deploy.sagemaker_stand_in import StandIn, sagemaker_stand_in

ROOT = Path(__file__).parents[2]
HANDLERS = ROOT / "deploy" / "aws" / "handlers"
MAX_RECEIVES = 3

Handler = Callable[[Mapping[str, Any], object], Any]


@pytest.fixture(autouse=True)
def _handlers_can_be_imported() -> None:
    if str(HANDLERS) not in sys.path:
        sys.path.append(str(HANDLERS))


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """The address of a moto server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """aws(service) returns a client of an empty moto server, which the functions reach, too."""
    import httpx

    httpx.post(f"{moto_url}/moto-api/reset")
    for name, value in {
        "AWS_ENDPOINT_URL": moto_url, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return lambda service: boto3.client(service)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue whose messages go to a dead-letter queue after `MAX_RECEIVES` failed deliveries."""

    client: Any
    url: str
    dead_url: str
    arn: str

    def send(self, message: object) -> None:
        """Send a message. One that is no text is sent as JSON."""
        self.client.send_message(
            QueueUrl=self.url, MessageBody=message if isinstance(message, str) else json.dumps(message)
        )

    def deliver(self, handler: Handler) -> int:
        """Call `handler` once with the waiting messages, as Lambda does. Return the number of messages."""
        attributes = {"MessageSystemAttributeNames": ["ApproximateReceiveCount"], "MaxNumberOfMessages": 10}
        found = self.client.receive_message(QueueUrl=self.url, **attributes).get("Messages", [])
        if not found:
            return 0
        records = [
            {"messageId": one["MessageId"], "body": one["Body"], "attributes": one["Attributes"]} for one in found
        ]
        failed = {one["itemIdentifier"] for one in handler({"Records": records}, None)["batchItemFailures"]}
        for one in found:
            handle = {"QueueUrl": self.url, "ReceiptHandle": one["ReceiptHandle"]}
            if one["MessageId"] in failed:
                self.client.change_message_visibility(**handle, VisibilityTimeout=0)
            else:
                self.client.delete_message(**handle)
        return len(found)

    def deliver_all(self, handler: Handler) -> None:
        """Call `handler` until no message is left."""
        while self.deliver(handler):
            pass

    def dead(self) -> list[str]:
        """The bodies of the dead letters."""
        found = self.client.receive_message(QueueUrl=self.dead_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [one["Body"] for one in found.get("Messages", [])]


@pytest.fixture
def queue(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Queue:
    """The queue of uploads."""
    client = aws("sqs")
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES})
    url = client.create_queue(QueueName="uploads", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    own = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    monkeypatch.setenv("MAX_RECEIVES", str(MAX_RECEIVES))
    return Queue(client, url, dead, own)


@pytest.fixture
def sagemaker(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A server in place of SageMaker, which the functions reach."""
    with sagemaker_stand_in() as stand_in:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", stand_in.url)
        yield stand_in


@pytest.fixture
def batch(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A server in place of Batch, which has no jobs."""
    with sagemaker_stand_in() as stand_in:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BATCH", stand_in.url)
        monkeypatch.setenv("JOB_QUEUE", "arn:aws:batch:eu-west-1:123456789012:job-queue/q")
        monkeypatch.setenv("JOB_DEFINITION", "arn:aws:batch:eu-west-1:123456789012:job-definition/d:1")
        stand_in.answers = {"listjobs": {"jobSummaryList": []}, "submitjob": {"jobName": "j", "jobId": "1"}}
        yield stand_in


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Files that were uploaded for a home on PostgreSQL, and how the function gets to know of them."""

    home: Home
    environment: Mapping[str, str]
    event: Mapping[str, Any]


@pytest.fixture
def uploaded(
    aws: Callable[[str], Any], postgres: Postgres, new_hash_encoder: Any, tmp_path: Path
) -> Iterator[Uploaded]:
    """Twenty events and a reader, in the event with which the queue calls the function."""
    bucket, url, s3 = "uploads", postgres.new_database(), aws("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    events = "".join(f"u{n},v{n},video,view,2026-11-20T10:00:00Z\n" for n in range(20))
    records = []
    for key, text in {
        "incoming/events/day.csv": f"user_id,item_id,kind,action,at\n{events}",
        "incoming/readers/r.jsonl": '{"user_id": "u1", "interests": ["space"]}\n',
    }.items():
        etag = s3.put_object(Bucket=bucket, Key=key, Body=text.encode())["ETag"].strip('"')
        body = json.dumps({"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key, "eTag": etag}}}]})
        records.append({"messageId": key, "body": body, "attributes": {"ApproximateReceiveCount": "1"}})
    environment = {"SHORTLIST_STORE__CATALOGUE": url, "MAX_RECEIVES": str(MAX_RECEIVES), "RUNS_QUEUE": "none"}
    with Home.open(tmp_path / "home", new_hash_encoder().name, StoreConfig(catalogue=SecretStr(url))) as home:
        yield Uploaded(home, environment, {"Records": records})
