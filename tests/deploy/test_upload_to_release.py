"""From an upload to the release of an approved model: the three functions and the definitions of the stack together.

moto is S3, SQS and SageMaker. It runs no jobs, so the test registers the model with the arguments of the step.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.conftest import ROOT, Queue
from tests.deploy.resolved import resolved

BUCKET, ROLE = "shortlist-data", "arn:aws:iam::123456789012:role/pipeline"
DEFINITIONS = json.loads((ROOT / "deploy/aws/pipelines.json").read_text())
PARAMETERS = {
    "ServingImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shortlist:1", "ModelPackageGroup": "shortlist",
    "ModelsUri": f"s3://{BUCKET}/models",
}  # fmt: skip


@pytest.fixture
def sagemaker_of_moto(aws: Callable[[str], Any]) -> Any:
    client = aws("sagemaker")
    client.create_model_package_group(ModelPackageGroupName="shortlist")
    for which, name in {"run": "shortlist", "release": "shortlist-release"}.items():
        client.create_pipeline(
            PipelineName=name, PipelineDefinition=json.dumps(DEFINITIONS[which]), RoleArn=ROLE,
            ClientRequestToken=name.ljust(32, "-"),
        )  # fmt: skip
    return client


def executions(client: Any, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    return found


def test_an_upload_leads_to_a_model_that_is_released_once_it_is_approved(
    queue: Queue, aws: Callable[[str], Any], sagemaker_of_moto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ingest_upload
    import release_model
    import start_run

    s3, client = aws("s3"), sagemaker_of_moto
    runs_url = aws("sqs").create_queue(QueueName="runs")["QueueUrl"]
    for name, value in {
        "RUNS_QUEUE": runs_url, "PIPELINE": "shortlist", "MAX_RUNS_A_DAY": "4",
        "RELEASE_PIPELINE": "shortlist-release", "PIPELINES": '["shortlist", "shortlist-release"]',
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"]}]},
    )

    for name in ("one+two ü.jsonl", "three.jsonl"):
        s3.put_object(Bucket=BUCKET, Key=f"incoming/videos/{name}", Body=b'{"id": "v1", "title": "Moon"}\n')
    queue.deliver_all(ingest_upload.handler)
    Queue(queue.client, runs_url, "", "").deliver_all(start_run.handler)
    [run] = executions(client, "shortlist")
    assert run["PipelineExecutionDescription"] == "upload"

    register = DEFINITIONS["run"]["Steps"][-1]
    assert register["Type"] == "RegisterModel"
    execution = run["PipelineExecutionArn"].rpartition("/")[2]
    package = client.create_model_package(**resolved(register["Arguments"], PARAMETERS, execution))["ModelPackageArn"]
    described = client.describe_model_package(ModelPackageName=package)
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    [container] = described["InferenceSpecification"]["Containers"]
    assert container["ModelDataSource"]["S3DataSource"]["S3Uri"] == f"s3://{BUCKET}/models/{execution}"
    assert executions(client, "shortlist-release") == []

    client.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    detail = {"ModelPackageArn": package, "ModelApprovalStatus": "Approved", "ModelPackageGroupName": "shortlist"}
    release_model.handler({"Records": [{"messageId": "m1", "body": json.dumps({"detail": detail})}]}, None)
    assert len(executions(client, "shortlist-release")) == 1
    assert [step["Name"] for step in DEFINITIONS["release"]["Steps"]] == ["promote", "publish"]
