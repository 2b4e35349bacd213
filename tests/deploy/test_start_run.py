"""Requests for a run make one run, never two at a time, and not more a day than allowed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.conftest import Queue
from tests.deploy.sagemaker_stand_in import StandIn

ROLE = "arn:aws:iam::123456789012:role/pipeline"


@pytest.fixture
def runs(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """runs() lists the executions of the pipeline, of which three a day are allowed."""
    client = aws("sagemaker")
    client.create_pipeline(PipelineName="shortlist", PipelineDefinition="{}", RoleArn=ROLE, ClientRequestToken="t" * 32)
    client.create_pipeline(PipelineName="other", PipelineDefinition="{}", RoleArn=ROLE, ClientRequestToken="o" * 32)
    monkeypatch.setenv("PIPELINE", "shortlist")
    monkeypatch.setenv("PIPELINES", '["shortlist", "other"]')
    monkeypatch.setenv("MAX_RUNS_A_DAY", "3")
    return lambda: client.list_pipeline_executions(PipelineName="shortlist")["PipelineExecutionSummaries"]


def test_requests_that_wait_together_make_one_run(queue: Queue, runs: Any) -> None:
    from start_run import handler

    for reason in ("upload", "upload", "drift"):
        queue.send({"reason": reason})
    assert queue.deliver(handler) == 3
    [run] = runs()
    assert run["PipelineExecutionDescription"] == "drift, upload"


def message(number: int, reason: str = "upload") -> dict[str, Any]:
    return {"messageId": f"m{number}", "body": f'{{"reason": "{reason}"}}', "attributes": {}}


def test_a_batch_that_is_delivered_twice_starts_one_run(runs: Any) -> None:
    from start_run import handler

    assert runs() == []
    for batch in ([message(1), message(2)], [message(2), message(1)]):
        assert handler({"Records": batch}, None) == {"batchItemFailures": []}
    assert len(runs()) == 1


def test_no_more_runs_a_day_than_allowed(runs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from start_run import handler

    for number in range(5):
        handler({"Records": [message(number)]}, None)
    assert len(runs()) == 3
    assert capsys.readouterr().out.count('"RunsRefused": 1') == 2


@pytest.mark.parametrize("state", ["Executing", "Stopping"])
def test_requests_wait_while_a_run_goes_on(state: str, runs: Any, sagemaker: StandIn) -> None:
    from start_run import handler

    running = {"PipelineExecutionDisplayName": "other", "PipelineExecutionStatus": state}
    sagemaker.answers["ListPipelineExecutions"] = {"PipelineExecutionSummaries": [running]}
    answer = handler({"Records": [message(1), message(2)]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}
    assert sagemaker.called("StartPipelineExecution") == []


def test_a_run_starts_when_no_pipeline_runs(runs: Any, sagemaker: StandIn) -> None:
    from start_run import handler

    sagemaker.answers["ListPipelineExecutions"] = {"PipelineExecutionSummaries": []}
    sagemaker.answers["StartPipelineExecution"] = {"PipelineExecutionArn": f"{ROLE}/1"}
    assert handler({"Records": [message(1)]}, None) == {"batchItemFailures": []}
    assert {one["PipelineName"] for one in sagemaker.called("ListPipelineExecutions")} == {"shortlist", "other"}
    assert len(sagemaker.called("StartPipelineExecution")) == 1
