"""What must hold of the template, whatever else changes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FOLDER, Resources, of_type

DOCUMENT = FOLDER.parents[1] / "docs" / "aws.md"


def statements(resources: Resources, *kinds: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every statement of the policies of these types, with the logical id of the policy."""
    for kind in kinds:
        for name, properties in of_type(resources, kind).items():
            document = properties.get("PolicyDocument") or properties["KeyPolicy"]
            yield from ((name, statement) for statement in document["Statement"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_nag_and_synthesis_pass(output: Path) -> None:
    """cdk-nag raises at synthesis; its findings that are accepted have reasons."""
    assert (output / "Shortlist.template.json").exists()


def test_cfn_lint_finds_nothing(template_file: Path) -> None:
    """W3005 is about dependencies that are said twice, which CDK does."""
    program = str(Path(sys.executable).with_name("cfn-lint"))
    command = [program, str(template_file), "--non-zero-exit-code", "warning", "--ignore-checks", "W3005"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_role_may_do_everything(resources: Resources) -> None:
    for name, statement in statements(resources, "AWS::IAM::Policy"):
        for action in listed(statement["Action"]):
            assert not action.endswith("*"), (name, action)


# What AWS knows by no name: lists of jobs and of targets, ECR's token, metrics, network interfaces.
WITHOUT_NAME = re.compile(
    r"batch:ListJobs|elasticloadbalancing:Describe.*|ecr:GetAuthorizationToken|cloudwatch:PutMetricData|ec2:.*NetworkInterface.*|ec2:Describe.*|ec2:.*PrivateIpAddresses"
)


def test_every_resource_that_has_a_name_is_named(resources: Resources) -> None:
    for name, statement in statements(resources, "AWS::IAM::Policy"):
        if "*" in listed(statement["Resource"]):
            for action in listed(statement["Action"]):
                assert WITHOUT_NAME.fullmatch(action), (name, action)


def test_no_managed_policy(resources: Resources) -> None:
    allowed = re.compile("CustomVpcRestrictDefaultSG.*")  # of CDK's own function, which runs once
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role or allowed.match(name), name


@pytest.mark.parametrize("service", ["s3", "sqs", "sns"])
def test_every_bucket_queue_and_topic_refuses_requests_without_tls(resources: Resources, service: str) -> None:
    kinds = {
        "s3": ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        "sqs": ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        "sns": ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    }
    things, policies, of = kinds[service]
    refused = set()
    for policy in of_type(resources, policies).values():
        if any(
            statement["Effect"] == "Deny" and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            for statement in policy["PolicyDocument"]["Statement"]
        ):
            refused |= {one["Ref"] for one in listed(policy[of])}
    assert refused == set(of_type(resources, things))


def test_what_is_stored_is_encrypted_with_our_key(resources: Resources) -> None:
    [key] = of_type(resources, "AWS::KMS::Key")
    arn = {"Fn::GetAtt": [key, "Arn"]}
    assert of_type(resources, "AWS::KMS::Key")[key]["EnableKeyRotation"] is True
    for kind, place in {
        "AWS::SQS::Queue": "KmsMasterKeyId", "AWS::SNS::Topic": "KmsMasterKeyId", "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::RDS::DBInstance": "KmsKeyId", "AWS::SecretsManager::Secret": "KmsKeyId",
        "AWS::Scheduler::Schedule": "KmsKeyArn", "AWS::Lambda::Function": "KmsKeyArn",
    }.items():  # fmt: skip
        for name, properties in of_type(resources, kind).items():
            if not name.startswith("CustomVpcRestrictDefaultSG"):
                assert properties.get(place) == arn, (kind, name)
    data = next(one for one in of_type(resources, "AWS::S3::Bucket").values() if "BucketName" in one)
    [rule] = data["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"KMSMasterKeyID": arn, "SSEAlgorithm": "aws:kms"}


def test_objects_without_a_key_get_that_of_the_bucket_and_others_are_refused(resources: Resources) -> None:
    """A condition that says "not equal" holds without the header, too, so `Null` has to leave that out."""
    refused = {
        header: wanted
        for _, statement in statements(resources, "AWS::S3::BucketPolicy")
        if listed(statement["Action"]) == ["s3:PutObject"] and statement["Effect"] == "Deny"
        for header, wanted in statement["Condition"]["StringNotEquals"].items()
        if statement["Condition"]["Null"] == {header: "false"}
    }
    [key] = of_type(resources, "AWS::KMS::Key")
    assert refused == {
        "s3:x-amz-server-side-encryption": "aws:kms",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": {"Fn::GetAtt": [key, "Arn"]},
    }


def test_nothing_but_the_load_balancer_can_be_reached_from_outside(resources: Resources) -> None:
    assert not [one for one in resources.values() if one["Type"] == "AWS::EC2::NatGateway"]
    open_to_all = [
        name
        for name, group in of_type(resources, "AWS::EC2::SecurityGroup").items()
        if any(rule.get("CidrIp") == "0.0.0.0/0" for rule in group.get("SecurityGroupIngress", ()))
    ]
    assert [name for name in open_to_all if "Balancer" not in name] == []
    [database] = of_type(resources, "AWS::RDS::DBInstance").values()
    assert database["PubliclyAccessible"] is False
    for rule in of_type(resources, "AWS::EC2::SecurityGroupIngress").values():
        assert "SourceSecurityGroupId" in rule


def test_data_outlives_mistakes(resources: Resources) -> None:
    kept = ("AWS::RDS::DBInstance", "AWS::S3::Bucket", "AWS::KMS::Key")
    for one in resources.values():
        if one["Type"] in kept:
            assert one["DeletionPolicy"] == "Retain"
    [database] = of_type(resources, "AWS::RDS::DBInstance").values()
    assert (database["DeletionProtection"], database["BackupRetentionPeriod"], database["MultiAZ"]) == (True, 14, True)
    data = next(one for one in of_type(resources, "AWS::S3::Bucket").values() if "BucketName" in one)
    assert data["VersioningConfiguration"] == {"Status": "Enabled"}


def test_every_log_ends(resources: Resources) -> None:
    for name, log in of_type(resources, "AWS::Logs::LogGroup").items():
        assert log["RetentionInDays"] <= 90, name


def test_tasks_are_not_root_and_change_nothing_of_their_image(resources: Resources) -> None:
    [task] = of_type(resources, "AWS::ECS::TaskDefinition").values()
    [container] = task["ContainerDefinitions"]
    assert container["User"] == "10001"
    assert container["ReadonlyRootFilesystem"] is True
    assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert {one["Name"] for one in container["Secrets"]} == {"PGPASSWORD", "SHORTLIST_SERVE__KEY"}


def test_media_are_transcribed_by_jobs_within_limits(resources: Resources) -> None:
    [machines] = of_type(resources, "AWS::Batch::ComputeEnvironment").values()
    [job] = of_type(resources, "AWS::Batch::JobDefinition").values()
    container, used = job["ContainerProperties"], machines["ComputeResources"]
    needed = {one["Type"]: int(one["Value"]) for one in container["ResourceRequirements"]}
    assert used["MaxvCpus"] == 2 * needed["VCPU"]
    isolated = [name for name in of_type(resources, "AWS::EC2::Subnet") if "isolated" in name]
    assert sorted(one["Ref"] for one in used["Subnets"]) == sorted(isolated)
    assert container["NetworkConfiguration"] == {"AssignPublicIp": "DISABLED"}
    assert container["User"] == "10001"
    assert container["Command"] == ["ops", "pipeline", "transcribe", "--", "Ref::name"]
    assert "awslogs-group" in container["LogConfiguration"]["Options"]
    assert job["RetryStrategy"] == {"Attempts": 3, "EvaluateOnExit": [{"Action": "EXIT", "OnExitCode": "1"}]}
    assert job["Timeout"]["AttemptDurationSeconds"] <= 4 * 3600


def test_a_failed_transcription_is_a_dead_letter_that_can_be_moved_back(resources: Resources) -> None:
    """The message has the name and the version of the file, as those in the queue have."""
    [rule] = [one for one in of_type(resources, "AWS::Events::Rule").values() if "aws.batch" in str(one)]
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED"]
    [target] = rule["Targets"]
    [queue] = [one for name, one in of_type(resources, "AWS::SQS::Queue").items() if "MediaQueue" in name]
    assert target["Arn"] == queue["RedrivePolicy"]["deadLetterTargetArn"]
    paths = target["InputTransformer"]["InputPathsMap"]
    filled = target["InputTransformer"]["InputTemplate"]
    for name in paths:
        filled = filled.replace(f"<{name}>", json.dumps(paths[name]))
    assert json.loads(filled).items() >= {
        "name": "$.detail.parameters.name", "version": "$.detail.parameters.version",
    }.items()  # fmt: skip


def test_a_bad_deployment_is_undone(resources: Resources) -> None:
    [service] = of_type(resources, "AWS::ECS::Service").values()
    deployment = service["DeploymentConfiguration"]
    assert deployment["Strategy"] == "CANARY"
    assert deployment["CanaryConfiguration"] == {"CanaryPercent": 10, "CanaryBakeTimeInMinutes": 10}
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert deployment["Alarms"]["Rollback"] is True
    names = {one["AlarmName"] for one in of_type(resources, "AWS::CloudWatch::Alarm").values() if "AlarmName" in one}
    assert set(deployment["Alarms"]["AlarmNames"]) <= names
    [balancer] = service["LoadBalancers"]
    groups = {balancer["TargetGroupArn"]["Ref"], balancer["AdvancedConfiguration"]["AlternateTargetGroupArn"]["Ref"]}
    assert groups == set(of_type(resources, "AWS::ElasticLoadBalancingV2::TargetGroup"))


def test_a_setting_that_is_missing_is_named() -> None:
    from app import new_app

    with pytest.raises(ValueError, match=r"expected -c certificate=\.\.\. -c email=\.\.\., found none"):
        new_app({"region": "eu-west-1"})


def test_every_alarm_tells_somebody_and_has_its_section(resources: Resources) -> None:
    sections = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).strip().replace(" ", "-")
        for line in DOCUMENT.read_text().splitlines()
        if line.startswith("#")
    }
    alarms = [one for one in of_type(resources, "AWS::CloudWatch::Alarm").values() if "AlarmDescription" in one]
    ours = [one for one in alarms if "docs/aws.md#" in one["AlarmDescription"]]
    assert len(ours) >= 14
    for alarm in ours:
        assert alarm["AlarmActions"], alarm["AlarmName"]
        assert alarm["AlarmDescription"].partition("docs/aws.md#")[2] in sections, alarm["AlarmDescription"]


def test_each_failed_run_is_reported(resources: Resources) -> None:
    [rule] = [one for one in of_type(resources, "AWS::Events::Rule").values() if "#a-run-fails" in str(one)]
    pipelines = of_type(resources, "AWS::SageMaker::Pipeline").values()
    watched = {written_out(one).rpartition("/")[2] for one in rule["EventPattern"]["detail"]["pipelineArn"]}
    assert watched == {one["PipelineName"] for one in pipelines}
    [target] = rule["Targets"]
    assert target["Arn"]["Ref"] in of_type(resources, "AWS::SNS::Topic")
    for action, kind in (("sns:Publish", "AWS::SNS::TopicPolicy"), ("kms:GenerateDataKey*", "AWS::KMS::Key")):
        assert may_use(resources, "events.amazonaws.com", action, kind)


def may_use(resources: Resources, service: str, action: str, kind: str) -> bool:
    """Whether a policy of this type allows a service of AWS an action."""
    return any(
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": service}
        and action in listed(statement["Action"])
        for _, statement in statements(resources, kind)
    )


def test_alarms_reach_the_topic(resources: Resources) -> None:
    """CloudWatch may write to it, and use the key that it is encrypted with."""
    for action, kind in (("sns:Publish", "AWS::SNS::TopicPolicy"), ("kms:GenerateDataKey", "AWS::KMS::Key")):
        assert may_use(resources, "cloudwatch.amazonaws.com", action, kind)


def test_every_queue_has_dead_letters_with_an_alarm(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    dead = {
        one["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for one in queues.values()
        if "RedrivePolicy" in one
    }
    watched = set()
    for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values():
        for dimension in alarm.get("Dimensions", ()):
            if dimension["Name"] == "QueueName":
                watched.add(dimension["Value"]["Fn::GetAtt"][0])
    assert dead == watched


def written_out(value: Any) -> str:
    """A text of a template with a word in place of what is known at deployment only."""
    parts = value["Fn::Join"][1] if isinstance(value, dict) else [value]
    return "".join(part if isinstance(part, str) else "word" for part in parts)


@pytest.mark.parametrize(
    ("name", "which"), [("shortlist", "run"), ("shortlist-release", "release"), ("shortlist-rollback", "rollback")]
)
def test_pipelines_are_those_of_the_table_of_steps(resources: Resources, name: str, which: str) -> None:
    pipelines = {one["PipelineName"]: one for one in of_type(resources, "AWS::SageMaker::Pipeline").values()}
    definition = json.loads(written_out(pipelines[name]["PipelineDefinition"]["PipelineDefinitionBody"]))
    steps = json.loads((FOLDER / "pipelines.json").read_text())[which]["Steps"]
    assert [step["Name"] for step in definition["Steps"]] == [step["Name"] for step in steps]
    assert all(parameter["DefaultValue"] for parameter in definition["Parameters"])
    for step in definition["Steps"]:
        if step["Type"] == "Processing":
            assert step["Arguments"]["NetworkConfig"]["EnableInterContainerTrafficEncryption"] is True
            assert len(step["Arguments"]["NetworkConfig"]["VpcConfig"]["Subnets"]) == 2
            assert step["Arguments"]["ProcessingOutputConfig"]["KmsKeyId"]
            assert step["Arguments"]["StoppingCondition"]["MaxRuntimeInSeconds"] <= 6 * 3600


def test_feature_groups_are_those_of_the_views(resources: Resources) -> None:
    """Both stores are encrypted with the key, and the offline one is an Iceberg table."""
    [key] = of_type(resources, "AWS::KMS::Key")
    arn = {"Fn::GetAtt": [key, "Arn"]}
    made = {one["FeatureGroupName"]: one for one in of_type(resources, "AWS::SageMaker::FeatureGroup").values()}
    for group in json.loads((FOLDER / "feature_groups.json").read_text()).values():
        found = made.pop(group["FeatureGroupName"])
        assert {name: found[name] for name in group} == group
        assert found["OnlineStoreConfig"] == {"EnableOnlineStore": True, "SecurityConfig": {"KmsKeyId": arn}}
        assert found["OfflineStoreConfig"]["TableFormat"] == "Iceberg"
        assert found["OfflineStoreConfig"]["S3StorageConfig"]["KmsKeyId"] == arn
    assert not made


def test_schedule_has_six_fields(resources: Resources) -> None:
    """cfn-lint does not find a wrong one."""
    [schedule] = of_type(resources, "AWS::Scheduler::Schedule").values()
    assert re.fullmatch(r"cron\((\S+ ){5}\S+\)", schedule["ScheduleExpression"])
