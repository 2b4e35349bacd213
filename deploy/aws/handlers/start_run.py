"""A Lambda function that starts the pipeline: once for all requests that wait, never beside another, within a limit.

Uploads, the schedule and the alarm on drift send requests to a queue, which delays them for some minutes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from embedded_metrics import write_metrics
from executions import executions_since, is_any_running

log = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Start one run for the messages of a queue. While a pipeline runs, they are returned and delivered again."""
    records = event["Records"]
    reasons = sorted({str(json.loads(record["body"])["reason"]) for record in records})
    client, pipeline = boto3.client("sagemaker"), os.environ["PIPELINE"]
    token = token_of([record["messageId"] for record in records])
    today = list(executions_since(client, pipeline, datetime.now(UTC) - timedelta(days=1)))
    if any(run["PipelineExecutionDisplayName"] == token for run in today):
        return answer(())  # this batch was delivered before
    if is_any_running(client, json.loads(os.environ["PIPELINES"])):
        return answer([record["messageId"] for record in records])
    if len(today) >= int(os.environ["MAX_RUNS_A_DAY"]):
        log.warning("not started: %s runs in a day. The requests were for %s", len(today), reasons)
        write_metrics({"RunsRefused": 1}, reasons=reasons)
        return answer(())
    client.start_pipeline_execution(
        PipelineName=pipeline,
        PipelineExecutionDisplayName=token,
        PipelineExecutionDescription=", ".join(reasons),
        ClientRequestToken=token,
    )
    write_metrics({"RunsStarted": 1}, reasons=reasons)
    return answer(())


def token_of(identifiers: Sequence[str]) -> str:
    """Return a token for a batch of messages, whatever their order. SageMaker wants 32 to 128 characters."""
    return "run-" + hashlib.sha256("\n".join(sorted(identifiers)).encode()).hexdigest()[:40]


def answer(failed: Sequence[str]) -> dict[str, Any]:
    """Return which messages the queue shall deliver again."""
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
