"""The executions of pipelines. All pipelines work on one home, so they must not run at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

RUNNING = ("Executing", "Stopping")
LONGEST = timedelta(days=2)  # of an execution: seven steps of six hours


def executions_since(client: Any, pipeline: str, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Yield the executions of `pipeline` that were started after `since`."""
    pages = client.get_paginator("list_pipeline_executions").paginate(PipelineName=pipeline, CreatedAfter=since)
    for page in pages:
        yield from page["PipelineExecutionSummaries"]


def is_any_running(client: Any, pipelines: Sequence[str]) -> bool:
    """Return whether one of the pipelines runs."""
    since = datetime.now(UTC) - LONGEST
    found = (one for name in pipelines for one in executions_since(client, name, since))
    return any(one["PipelineExecutionStatus"] in RUNNING for one in found)
