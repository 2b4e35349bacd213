"""A Lambda function that starts a job of AWS Batch for each uploaded media file.

The function that gets the events of S3 is in a network without a way to Batch, so it sends the names to a queue.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from typing import Any

import boto3
from embedded_metrics import write_metrics

ENDED = ("SUCCEEDED", "FAILED")

log = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Start a job for each message of a queue. Those that failed are returned, and the queue delivers them again."""
    client, failed = boto3.client("batch"), []
    for record in event["Records"]:
        try:
            start(client, json.loads(record["body"]))
        except Exception:
            log.exception("message %s failed", record["messageId"])
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def start(client: Any, wanted: Mapping[str, str]) -> None:
    """Start a job for a version of a file, unless one waits or runs already. A file that is gone costs a job nothing.

    Raises `KeyError` for a message of another form, and `ClientError` if Batch refuses.
    """
    file, queue = {"name": wanted["name"], "version": wanted["version"]}, os.environ["JOB_QUEUE"]
    job = name_of(**file)
    same = client.list_jobs(jobQueue=queue, filters=[{"name": "JOB_NAME", "values": [job]}])["jobSummaryList"]
    if any(one["status"] not in ENDED for one in same):
        return
    client.submit_job(jobName=job, jobQueue=queue, jobDefinition=os.environ["JOB_DEFINITION"], parameters=file)
    write_metrics({"TranscriptionsStarted": 1})


def name_of(name: str, version: str) -> str:
    """Return the name of the job for a version of a file. Batch allows letters, digits, hyphens and underscores."""
    return "transcribe-" + hashlib.sha256(f"{name}\n{version}".encode()).hexdigest()[:40]
