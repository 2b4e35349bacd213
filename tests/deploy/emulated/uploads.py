"""The bucket and the queue of uploads of a deployed stack, and the runs that uploads start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from tests.deploy.emulated.jobs import executions, run_execution
from tests.deploy.emulated.stack import Deployed
from tests.serving.conftest import until

WAIT_S = 300
INCOMING = "incoming/"


@dataclass(slots=True)
class Uploads:
    """`stack` with the rights of its owner. `ran` are the executions of pipelines that were run."""

    stack: Deployed
    ran: set[str] = field(default_factory=set)

    @property
    def bucket(self) -> str:
        """Its name."""
        return self.stack.outputs["Bucket"]

    def put(self, name: str, text: str) -> str:
        """Upload a file to incoming/, and return its ETag."""
        put = self.stack.client("s3").put_object(Bucket=self.bucket, Key=INCOMING + name, Body=text.encode())
        return str(put["ETag"]).strip('"')

    def keys(self, prefix: str) -> list[str]:
        """The keys of the objects below `prefix`."""
        found = self.stack.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [one["Key"] for one in found.get("Contents", ())]

    def notify(self, name: str, etag: str) -> None:
        """Send what S3 sends about a file in incoming/."""
        described = {"bucket": {"name": self.bucket}, "object": {"key": quote_plus(INCOMING + name), "eTag": etag}}
        self.send({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": described}]})

    def send(self, message: object) -> None:
        """Send a message to the queue. One that is no text is sent as JSON."""
        body = message if isinstance(message, str) else json.dumps(message)
        self.stack.client("sqs").send_message(QueueUrl=self._queue("IngestionUploadsQueue"), MessageBody=body)

    def wait(self, waiting: int = 0) -> None:
        """Wait until all messages but `waiting` failed ones were processed."""

        def states() -> tuple[int, int]:
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            found = self.stack.client("sqs").get_queue_attributes(
                QueueUrl=self._queue("IngestionUploadsQueue"), AttributeNames=names
            )["Attributes"]
            return int(found[names[0]]), int(found[names[1]])

        until(lambda: states() == (0, waiting), WAIT_S)

    def messages(self, queue: str) -> list[str]:
        """The messages that wait in the queue whose logical id begins with `queue`."""
        client = self.stack.client("sqs")
        found = client.receive_message(QueueUrl=self._queue(queue), MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [one["Body"] for one in found.get("Messages", ())]

    @contextmanager
    def soon_again(self) -> Iterator[None]:
        """Deliver failed messages after a second instead of half an hour."""
        client, url = self.stack.client("sqs"), self._queue("IngestionUploadsQueue")
        before = client.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
        yield
        client.set_queue_attributes(QueueUrl=url, Attributes=before)

    def run(self, folder: Path, pipeline: str = "shortlist", last: str | None = None) -> dict[str, str]:
        """Wait for an execution that nobody has run, and run it until the `last` step. See `run_execution`."""

        def waiting() -> set[str]:
            return executions(self.stack, pipeline) - self.ran

        [execution] = until(waiting, WAIT_S)
        self.ran.add(execution)
        return run_execution(self.stack, execution, folder, last)

    def log(self) -> list[str]:
        """The lines that the function has written."""
        client, group = self.stack.client("logs"), self.stack.named("AWS::Logs::LogGroup", "IngestionLog")
        found: list[dict[str, Any]] = client.filter_log_events(logGroupName=group)["events"]
        return [one["message"] for one in found]

    def _queue(self, part: str) -> str:
        return self.stack.named("AWS::SQS::Queue", part)
