"""A Lambda function that stores uploaded tables of readers and events.

Of other uploads it informs the queues of transcriptions (media) and of runs (content).

S3 sends its events to a queue, and the queue calls the function. S3 delivers at least once and in any order.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote_plus

import boto3
from embedded_metrics import write_metrics

from shortlist.app.container import set_database_password
from shortlist.app.pipeline import open_workplace
from shortlist.app.settings import load_settings
from shortlist.core.config import Config
from shortlist.engine.build import open_home
from shortlist.ops.data.arrivals import ingest_arrivals, known_in, take_arrivals, validate_arrivals
from shortlist.ops.data.inbox import FILE_KINDS, INCOMING, FileKind, Found
from shortlist.ops.data.ledger import Arrival
from shortlist.ops.data.s3_inbox import S3Inbox, is_safe
from shortlist.ops.data.validate import unknown_references
from shortlist.ops.data.workplace import Workplace

STORED_HERE: frozenset[FileKind] = frozenset({"readers", "events"})  # content needs the home and the encoder
TEST_EVENT = "s3:TestEvent"  # S3 sends it when the notification is set up

log = logging.getLogger(__name__)


class UnknownContent(Exception):
    """Events arrived before the content that they are about."""


class UploadInbox(S3Inbox):
    """An inbox with one file. What is kept of it is in a folder named by its version, so a second try overwrites it."""

    def __init__(self, bucket: str, upload: Found, client: Any) -> None:
        super().__init__(f"s3://{bucket}", client)
        self._upload = upload

    def found(self) -> Iterator[Found]:
        """See `Inbox`."""
        yield self._upload

    def keep(self, path: Path, name: str) -> str:
        """See `Inbox`."""
        return super().keep(path, self._placed(name))

    def put(self, name: str, content: bytes) -> None:
        """See `Inbox`."""
        super().put(self._placed(name), content)

    def remove(self, name: str) -> None:
        """See `Inbox`."""
        super().remove(self._placed(name))

    def _placed(self, name: str) -> str:
        folder, _, rest = name.partition("/")
        return f"{folder}/{self._upload.version}/{rest}"


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Process the messages of a queue. Those that failed are returned, and the queue delivers them again."""
    failed = []
    for record in event["Records"]:
        last = int(record["attributes"]["ApproximateReceiveCount"]) >= int(os.environ["MAX_RECEIVES"])
        try:
            process(json.loads(record["body"]), last_try=last)
        except UnknownContent as error:
            log.warning("tried again later: %s", error)
            failed.append(record["messageId"])
        except Exception:
            log.exception("message %s failed", record["messageId"])
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def process(message: Mapping[str, Any], *, last_try: bool) -> None:
    """Process an event of S3. Raises `UnknownContent` unless this is the `last_try`."""
    if message.get("Event") == TEST_EVENT:
        return
    for record in message["Records"]:
        upload = upload_of(record["s3"]["object"])
        if upload is None:
            log.warning("left, as its name is not that of a complete file: %s", record["s3"]["object"]["key"])
        elif upload.kind in STORED_HERE:
            with workplace(record["s3"]["bucket"]["name"], upload) as place:
                for arrival in store(place, last_try=last_try):
                    report(arrival)
        elif upload.kind == "media":
            send(os.environ["MEDIA_QUEUE"], {"name": upload.name, "version": upload.version})
        else:  # requests within a few minutes make one run
            send(os.environ["RUNS_QUEUE"], {"reason": "upload"})


def upload_of(described: Mapping[str, Any]) -> Found | None:
    """Return the file that an event describes, or None if its name is not that of a complete file.

    Its key is encoded as in a form. Raises `ValueError` if it is not in the folder of a kind.
    """
    key = unquote_plus(described["key"])
    for kind in FILE_KINDS:
        folder = f"{INCOMING}/{kind}/"
        if key.startswith(folder):
            name = key.removeprefix(folder)
            return Found(kind, name, described["eTag"]) if is_safe(name) else None
    raise ValueError(f"expected {INCOMING}/KIND/NAME with a kind of {', '.join(FILE_KINDS)}, found {key}")


def store(place: Workplace, *, last_try: bool) -> list[Arrival]:
    """Validate and store one table. Return its arrival, or nothing if the object is gone: it was stored before.

    Raises `UnknownContent` if its events are about content that may still arrive, unless this is the `last_try`.
    """
    take_arrivals(place)
    for arrival in validate_arrivals(place):
        if arrival.state == "checked" and not last_try:
            _require_known(place, arrival)
    ingest_arrivals(place)
    return place.ledger.newest(1)


def send(queue: str, message: Mapping[str, str]) -> None:
    """Send a message to the queue at the address `queue`."""
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(message))


def report(arrival: Arrival) -> None:
    """Write what became of a table, in counts."""
    refused = arrival.state in ("refused", "failed")
    counts = {"RowsStored": arrival.new + arrival.changed, "RowsQuarantined": arrival.bad, "FilesRefused": int(refused)}
    write_metrics(counts, kind=arrival.kind, state=arrival.state, rules=arrival.broken, why=arrival.why)


@contextmanager
def workplace(bucket: str, upload: Found) -> Iterator[Workplace]:
    """Open the catalogue of the settings, with a folder that is deleted at the end."""
    with TemporaryDirectory() as folder:
        config = settings(Path(folder))
        home = open_home(config, any_encoder=True)
        try:
            with open_workplace(home, config) as place:
                yield replace(place, inbox=UploadInbox(bucket, upload, boto3.client("s3")))
        finally:
            home.close()


def settings(folder: Path) -> Config:
    """Return the settings of the environment for the home in `folder`. The database password comes from the secret."""
    set_database_password(os.environ)
    return load_settings(None, os.environ, {"home": folder})


def _require_known(place: Workplace, arrival: Arrival) -> None:
    _, references = place.read_verdict(arrival)
    if arrival.kind != "media":
        unknown = list(unknown_references(references, known_in(place)))
        if unknown:
            raise UnknownContent("; ".join(unknown))
