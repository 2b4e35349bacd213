"""A Lambda function that deploys a model package when a person has approved it.

The pipeline of the release promotes the version and publishes the home, which the running servers follow. It waits
while another pipeline runs: that would put back the home that it began with. If there is a SageMaker endpoint, it gets
the version step by step, and returns to the former one if an alarm goes off.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError
from embedded_metrics import write_metrics
from executions import is_any_running

VARIANT = "all"


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Deploy the model packages that the messages of a queue name. While a pipeline runs, they are delivered again.

    The same message again changes nothing.
    """
    client, waiting = boto3.client("sagemaker"), []
    for record in event["Records"]:
        if is_any_running(client, json.loads(os.environ["PIPELINES"])):
            waiting.append({"itemIdentifier": record["messageId"]})
        else:
            release(client, json.loads(record["body"])["detail"])
    return {"batchItemFailures": waiting}


def release(client: Any, approved: Mapping[str, str]) -> None:
    """Deploy the model package of an event. Raises `ValueError` if it is not approved, and `ClientError`."""
    package = approved["ModelPackageArn"]
    if approved["ModelApprovalStatus"] != "Approved":
        raise ValueError(f"expected an approved model package, found {approved['ModelApprovalStatus']}")
    token = hashlib.sha256(package.encode()).hexdigest()[:40]
    client.start_pipeline_execution(PipelineName=os.environ["RELEASE_PIPELINE"], ClientRequestToken=token)
    if "ENDPOINT" in os.environ:
        deploy_endpoint(client, package, f"shortlist-{token[:16]}", json.loads(os.environ["ENDPOINT"]))
    write_metrics({"ModelsReleased": 1}, package=package)


def deploy_endpoint(client: Any, package: str, name: str, settings: Mapping[str, Any]) -> None:
    """Create the endpoint of `settings` with the model `package`, or move it there.

    Raises `ClientError` if SageMaker refuses, except that the model or its configuration exists already.
    """
    _unless_there(
        client.create_model,
        ModelName=name,
        ExecutionRoleArn=settings["role"],
        Containers=[{"ModelPackageName": package, "Environment": settings["environment"]}],
        VpcConfig={"Subnets": settings["subnets"], "SecurityGroupIds": settings["security_groups"]},
    )
    variant = {
        "VariantName": VARIANT,
        "ModelName": name,
        "InstanceType": settings["instance_type"],
        "InitialInstanceCount": settings["instances"],
    }
    _unless_there(
        client.create_endpoint_config,
        EndpointConfigName=name,
        KmsKeyId=settings["key"],
        ProductionVariants=[variant],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": settings["captured_percent"],
            "DestinationS3Uri": settings["captured_to"],
            "KmsKeyId": settings["key"],
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        },
    )
    if _is_there(client, settings["name"]):
        client.update_endpoint(
            EndpointName=settings["name"], EndpointConfigName=name, DeploymentConfig=canary(settings["alarms"])
        )
    else:
        client.create_endpoint(EndpointName=settings["name"], EndpointConfigName=name)


def canary(alarms: list[str]) -> dict[str, Any]:
    """Return a deployment that moves a tenth of the requests first, and goes back if one of `alarms` goes off."""
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
                "WaitIntervalInSeconds": 600,
            },
            "TerminationWaitInSeconds": 300,
            "MaximumExecutionTimeoutInSeconds": 3600,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": one} for one in alarms]},
    }


def _unless_there(create: Any, **request: Any) -> None:
    try:
        create(**request)
    except ClientError as error:
        if "already exist" not in str(error):
            raise


def _is_there(client: Any, endpoint: str) -> bool:
    try:
        client.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":  # "Could not find endpoint"
            return False
        raise
    return True
