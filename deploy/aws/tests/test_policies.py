"""The policies of the template, decided by an emulator: what each role must do works, and the rest is denied."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Resources
from tests.emulator import REGION, client, ministack
from tests.policies import BUCKET, Template
from tests.policy_cases import CASES, NEVER, Call, Case


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = os.environ.get("MINISTACK") or shutil.which("ministack")
    if program is None:
        pytest.skip("ministack is not installed: `make test-aws` installs it")
    with ministack(program, tmp_path_factory.mktemp("ministack")) as address:
        yield address


@pytest.fixture(scope="session")
def template(resources: Resources) -> Template:
    return Template(resources)


@pytest.fixture(scope="session")
def named(template: Template) -> dict[str, str]:
    """The resources that the cases are about."""
    return {
        "{uploads}": template.arn("IngestionUploadsQueue", "AWS::SQS::Queue"),
        "{rule}": template.arn("ServiceBalancerAll", "AWS::ElasticLoadBalancingV2::ListenerRule"),
        "{blue}": template.arn("ServiceBalancerBlue", "AWS::ElasticLoadBalancingV2::TargetGroup"),
        "{green}": template.arn("ServiceBalancerGreen", "AWS::ElasticLoadBalancingV2::TargetGroup"),
        "{media}": template.arn("TranscriptionMediaQueue", "AWS::SQS::Queue"),
        "{media jobs}": template.arn("TranscriptionJobs", "AWS::Batch::JobQueue"),
        "{media job}": template.arn("TranscriptionJob", "AWS::Batch::JobDefinition"),
        "{approvals}": template.arn("RetrainingApprovalsQueue", "AWS::SQS::Queue"),
        "{runs}": template.arn("RetrainingRunsQueue", "AWS::SQS::Queue"),
        "{key}": template.arn("StorageKey", "AWS::KMS::Key"),
        "{database}": template.arn("DatabaseInstanceSecretAttachment", "AWS::SecretsManager::SecretTargetAttachment"),
        "{api key}": template.arn("ServiceApiKey", "AWS::SecretsManager::Secret"),
        "{job role}": template.arn("TrainingJobRole", "AWS::IAM::Role"),
        "{media role}": template.arn("TranscriptionJobRole", "AWS::IAM::Role"),
        "{ingest role}": template.arn("IngestionRole", "AWS::IAM::Role"),
    }


def decision(url: str, policy: dict[str, Any], action: str, resource: str) -> str:
    """What the emulator decides about one call. It knows no context here, so conditions do not hold."""
    answer = client("iam", url).simulate_custom_policy(
        PolicyInputList=[json.dumps(policy)], ActionNames=[action], ResourceArns=[resource]
    )
    found: str = answer["EvaluationResults"][0]["EvalDecision"]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.role)
def test_a_role_may_do_its_work_and_nothing_else(
    case: Case, url: str, template: Template, named: dict[str, str]
) -> None:
    assert len(case.may_not) >= 10
    policy = template.policy(case.role)

    def decided(calls: tuple[Call, ...]) -> dict[Call, str]:
        return {call: decision(url, policy, call[0], named.get(call[1], call[1])) for call in calls}

    allowed = decided(case.may)
    assert allowed == dict.fromkeys(allowed, "allowed")
    denied = decided((*case.may_not, *NEVER))
    assert {call for call, found in denied.items() if found == "allowed"} == set()


def test_every_role_has_a_case(resources: Resources) -> None:
    """The role of the flow log may write to its log and nothing else; that of CDK's own function runs once."""
    roles = [name for name, one in resources.items() if one["Type"] == "AWS::IAM::Role"]
    others = ("NetworkVpcFlowLog", "CustomVpcRestrictDefaultSG")
    without = [name for name in roles if not name.startswith((*others, *(case.role for case in CASES)))]
    assert without == []


@pytest.mark.parametrize("role", ["TrainingPipelineRole", "RetrainingReleaseRole"])
def test_the_role_of_jobs_goes_to_sagemaker_only(role: str, template: Template, named: dict[str, str]) -> None:
    passed = [one for one in template.policy(role)["Statement"] if "iam:PassRole" in one["Action"]]
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert [(one["Action"], one["Resource"], one["Condition"]) for one in passed] == [
        ("iam:PassRole", named["{job role}"], to_sagemaker)
    ]


@pytest.fixture(scope="session")
def ingest(url: str, template: Template) -> Any:
    """S3 with the rights of the function that stores uploads, by real calls over HTTP."""
    anybody = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    iam, s3 = client("iam", url), client("s3", url)
    role = iam.create_role(RoleName="ingest", AssumeRolePolicyDocument=json.dumps(anybody))["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="ingest", PolicyName="template", PolicyDocument=json.dumps(template.policy("IngestionRole"))
    )
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("incoming/events/a day+1 ü.csv", "home/catalogue"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    given = client("sts", url).assume_role(RoleArn=role, RoleSessionName="upload")["Credentials"]
    return client(
        "s3",
        url,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def refused(call: Any, **request: Any) -> bool:
    """Whether the emulator denies a call. Raises for any other error."""
    try:
        call(Bucket=BUCKET, **request)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "403"):
            return True
        raise
    return False


def test_real_calls_of_the_function_that_stores_uploads(ingest: Any) -> None:
    assert not refused(ingest.get_object, Key="incoming/events/a day+1 ü.csv")
    assert not refused(ingest.put_object, Key="done/1/events/day.csv", Body=b"1")
    assert not refused(ingest.list_objects_v2, Prefix="incoming/events/")
    assert refused(ingest.get_object, Key="home/catalogue")
    assert refused(ingest.put_object, Key="incoming/events/new.csv", Body=b"1")
    assert refused(ingest.put_object, Key="published/current.json", Body=b"1")
    assert refused(ingest.list_objects_v2, Prefix="home/")
    assert refused(ingest.delete_object, Key="done/1/events/day.csv")
    assert refused(ingest.delete_bucket)


def test_the_bucket_refuses_requests_without_tls(ingest: Any, url: str, template: Template) -> None:
    """The emulator is reached over HTTP, so after this no request of a role is answered."""
    policy = template.bucket_policy()
    client("s3", url).put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    assert refused(ingest.get_object, Key="incoming/events/a day+1 ü.csv")
