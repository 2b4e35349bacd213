"""An approved model is deployed once: by the pipeline of the release, and to the endpoint if there is one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.deploy.sagemaker_stand_in import StandIn

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:"
PACKAGE = f"{ARN}model-package/shortlist/3"
ENDPOINT = {
    "name": "shortlist", "role": "arn:aws:iam::111122223333:role/endpoint", "instance_type": "ml.m6i.large",
    "instances": 2, "subnets": ["subnet-1"], "security_groups": ["sg-1"], "key": "key-1", "captured_percent": 5,
    "captured_to": "s3://shortlist-data/captured", "alarms": ["Shortlist-Endpoint5xx"],
    "environment": {"SHORTLIST_LOG_LEVEL": "info"},
}  # fmt: skip


def approved(status: str = "Approved") -> dict[str, Any]:
    detail = {"ModelPackageArn": PACKAGE, "ModelApprovalStatus": status, "ModelPackageGroupName": "shortlist"}
    event = {"source": "aws.sagemaker", "detail-type": "SageMaker Model Package State Change", "detail": detail}
    return {"Records": [{"messageId": "m1", "body": json.dumps(event)}]}


@pytest.fixture(autouse=True)
def _release(sagemaker: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE_PIPELINE", "shortlist-release")
    monkeypatch.setenv("PIPELINES", '["shortlist", "shortlist-release"]')
    sagemaker.answers = {
        "ListPipelineExecutions": {"PipelineExecutionSummaries": []},
        "StartPipelineExecution": {"PipelineExecutionArn": f"{ARN}pipeline/shortlist-release/execution/1"},
        "CreateModel": {"ModelArn": f"{ARN}model/m"},
        "CreateEndpointConfig": {"EndpointConfigArn": f"{ARN}endpoint-config/c"},
    }


def test_the_same_event_twice_starts_one_release(sagemaker: StandIn) -> None:
    from release_model import handler

    handler(approved(), None)
    handler(approved(), None)
    first, second = sagemaker.called("StartPipelineExecution")
    assert first == second  # SageMaker answers a repeated token with the execution that it started
    assert first["PipelineName"] == "shortlist-release"
    assert sagemaker.called("CreateModel") == []


def test_only_approved_packages_are_released(sagemaker: StandIn) -> None:
    from release_model import handler

    with pytest.raises(ValueError, match="expected an approved model package, found Rejected"):
        handler(approved("Rejected"), None)
    assert sagemaker.called("StartPipelineExecution") == []


def test_a_release_waits_while_a_pipeline_runs(sagemaker: StandIn) -> None:
    from release_model import handler

    running = {"PipelineExecutionDisplayName": "run", "PipelineExecutionStatus": "Executing"}
    sagemaker.answers["ListPipelineExecutions"] = {"PipelineExecutionSummaries": [running]}
    assert handler(approved(), None) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert sagemaker.called("StartPipelineExecution") == []


def test_the_first_model_creates_the_endpoint(sagemaker: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from release_model import handler

    monkeypatch.setenv("ENDPOINT", json.dumps(ENDPOINT))
    sagemaker.answers["CreateEndpoint"] = {"EndpointArn": f"{ARN}endpoint/shortlist"}
    handler(approved(), None)
    [config] = sagemaker.called("CreateEndpointConfig")
    [created] = sagemaker.called("CreateEndpoint")
    assert created["EndpointConfigName"] == config["EndpointConfigName"]
    assert config["DataCaptureConfig"]["KmsKeyId"] == "key-1"
    [model] = sagemaker.called("CreateModel")
    assert model["Containers"][0]["ModelPackageName"] == PACKAGE


def test_a_later_model_moves_the_endpoint_and_goes_back_on_alarms(
    sagemaker: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from release_model import handler

    monkeypatch.setenv("ENDPOINT", json.dumps(ENDPOINT))
    sagemaker.answers["DescribeEndpoint"] = {
        "EndpointName": "shortlist", "EndpointArn": f"{ARN}endpoint/shortlist", "EndpointStatus": "InService",
        "CreationTime": 0, "LastModifiedTime": 0,
    }  # fmt: skip
    sagemaker.answers["UpdateEndpoint"] = {"EndpointArn": f"{ARN}endpoint/shortlist"}
    handler(approved(), None)
    [moved] = sagemaker.called("UpdateEndpoint")
    assert moved["DeploymentConfig"]["AutoRollbackConfiguration"] == {
        "Alarms": [{"AlarmName": "Shortlist-Endpoint5xx"}]
    }
    assert moved["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "CANARY"


def test_an_error_of_sagemaker_is_not_swallowed(sagemaker: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from release_model import handler

    monkeypatch.setenv("ENDPOINT", json.dumps(ENDPOINT))
    del sagemaker.answers["CreateEndpointConfig"]
    with pytest.raises(ClientError, match="Could not CreateEndpointConfig"):
        handler(approved(), None)
