"""The part of the stack that ministack can deploy: what is left out of the template, what is changed, and why.

All else of the template is deployed as `cdk deploy` would do it to AWS.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.deploy.conftest import HANDLERS

Resources = dict[str, dict[str, Any]]

# Types that ministack refuses.
REFUSED = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "it does not scale services",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "it does not scale services",
    "AWS::Batch::ComputeEnvironment": "it makes nothing of Batch by CloudFormation",
    "AWS::Batch::JobDefinition": "it makes nothing of Batch by CloudFormation",
    "AWS::Batch::JobQueue": "it makes nothing of Batch by CloudFormation",
    "AWS::Budgets::Budget": "it makes no budgets by CloudFormation",
    "AWS::EC2::FlowLog": "it has no network whose packets could be logged",
    "AWS::EC2::SecurityGroupEgress": "it has no network; rules inside of a group are kept as records",
    "AWS::EC2::SecurityGroupIngress": "it has no network; rules inside of a group are kept as records",
    "AWS::SageMaker::FeatureGroup": "it has no SageMaker; a server of ours has the groups of the template",
    "AWS::SageMaker::ModelPackageGroup": "it has no SageMaker; moto has the group of the template",
    "AWS::SageMaker::Pipeline": "it has no SageMaker; moto has the pipelines of the template",
    "AWS::WAFv2::WebACLAssociation": "it has no load balancer that a firewall could protect",
}
# Resources of types that it has, by the beginning of their logical ids.
LEFT_OUT = {
    "CustomVpcRestrictDefaultSG": "CDK's own function wants the AWS SDK for Node, which only real Lambda has",
    "NetworkVpcRestrictDefaultSecurityGroup": "it calls that function",
    "MonitoringDashboard": "it shows the alarms that are left out",
    "MonitoringTranscriptionFails": "the alarm of the function that starts jobs of Batch",
    "MonitoringUnhealthy": "it has no alarms on metrics that are computed of others",
    "ServiceTaskCountTargetSlow": "alarms of the scaling of services",
    "TranscriptionFailed": "the rule about failed jobs of Batch",
    "TranscriptionStart": "the function that starts jobs of Batch",
}
UPLOADS, DATABASE = ("AWS::Lambda::Function", "IngestionFunction"), ("AWS::RDS::DBInstance", "DatabaseInstance")
RUNS, APPROVED = ("AWS::SQS::Queue", "RetrainingRunsQueue"), ("AWS::Events::Rule", "RetrainingApproved")
RELEASE = ("AWS::Lambda::Function", "RetrainingReleaseFunction")
JOBS, API_KEY = ("AWS::IAM::Policy", "TrainingJobRoleDefaultPolicy"), ("AWS::SecretsManager::Secret", "ServiceApiKey")
CHANGED = {
    UPLOADS: "its image wants Docker: the same handler runs under the same runtime client, as a custom runtime",
    DATABASE: "it is a record without a server: its address is that of a PostgreSQL on this machine",
    RUNS: "requests wait for ten minutes: here they are delivered at once",
    APPROVED: "only AWS may send events of aws.sagemaker: here the test sends them",
    RELEASE: "moto has no instances of newer kinds than ml.m5",
    JOBS: "ministack decides nothing by the namespace of a metric: any namespace is allowed",
    API_KEY: "a reference to it is its name: here references give its ARN, as on AWS",
}
SENDER = "test.sagemaker"
PIPELINE, SECRET = "Pipeline", "Secret"  # what the names of further outputs begin with


def emulated(resources: Mapping[str, dict[str, Any]], uploads: Mapping[str, Any]) -> Resources:
    """The resources that ministack deploys. `uploads` is the code of the function that stores uploads."""
    kept = {
        name: json.loads(json.dumps(one))
        for name, one in resources.items()
        if one["Type"] not in REFUSED and not name.startswith(tuple(LEFT_OUT))
    }
    for one in kept.values():
        if "DependsOn" in one:
            one["DependsOn"] = [name for name in listed(one["DependsOn"]) if name in kept]
    function = kept[id_of(kept, *UPLOADS)]["Properties"]
    function |= {"Code": dict(uploads), "Runtime": "provided.al2023", "Handler": "ingest_upload.handler"}
    del function["PackageType"]
    kept[id_of(kept, *RUNS)]["Properties"]["DelaySeconds"] = 0
    kept[id_of(kept, *APPROVED)]["Properties"]["EventPattern"]["source"] = [SENDER]
    release = kept[id_of(kept, *RELEASE)]["Properties"]
    release["Environment"] = json.loads(json.dumps(release["Environment"]).replace("ml.m6i.", "ml.m5."))
    for statement in kept[id_of(kept, *JOBS)]["Properties"]["PolicyDocument"]["Statement"]:
        if statement["Action"] == "cloudwatch:PutMetricData":
            del statement["Condition"]
    return kept


def further_outputs(resources: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Outputs of the stack, so that ministack resolves their references: what it refuses, or forgets.

    These are the definitions of the pipelines, and the secrets of the task of the service. Descriptions are names.
    """
    [task] = (one["Properties"] for one in resources.values() if one["Type"] == "AWS::ECS::TaskDefinition")
    pipelines = (one["Properties"] for one in resources.values() if one["Type"] == "AWS::SageMaker::Pipeline")
    named = {
        PIPELINE: {one["PipelineName"]: one["PipelineDefinition"]["PipelineDefinitionBody"] for one in pipelines},
        SECRET: {one["Name"]: one["ValueFrom"] for one in task["ContainerDefinitions"][0]["Secrets"]},
    }
    return {
        f"{kind}{number}": {"Description": name, "Value": value}
        for kind, values in named.items()
        for number, (name, value) in enumerate(values.items())
    }


def readdressed(template: Mapping[str, Any], postgres_port: int) -> dict[str, Any]:
    """`template` with a PostgreSQL of this machine as the database, and with ARNs in place of references to secrets."""
    resources = template["Resources"]
    database = id_of(resources, *DATABASE)
    address, port = {"Fn::GetAtt": [database, "Endpoint.Address"]}, f":{resources[database]['Properties']['Port']}/"
    secrets = [name for name, one in resources.items() if one["Type"] == API_KEY[0]]

    def other(value: Any) -> Any:
        if value == address:
            return "127.0.0.1"
        if isinstance(value, str) and value.startswith(port):
            return f":{postgres_port}/{value.removeprefix(port)}"
        if isinstance(value, dict):
            if value.get("Ref") in secrets:
                return {"Fn::GetAtt": [value["Ref"], "Id"]}
            return {key: other(one) for key, one in value.items()}
        return [other(one) for one in value] if isinstance(value, list) else value

    found: dict[str, Any] = other(template)
    return found


def write(source: Path, target: Path, *, postgres_port: int, python: Path, runtime_client: Path) -> None:
    """Copy the assembly `source` to `target`, as ministack can deploy it. Images are left out: they want Docker.

    The function that stores uploads runs under `python`, the interpreter of Shortlist.
    """
    shutil.copytree(source, target, symlinks=True)
    assets = json.loads((target / "Shortlist.assets.json").read_text())
    name, (_, example) = "uploads", next(iter(assets["files"].items()))
    [(where, destination)] = example["destinations"].items()
    destination = {**destination, "objectKey": f"{name}.zip"}
    assets["files"][name] = {
        "displayName": name, "source": {"path": name, "packaging": "zip"}, "destinations": {where: destination},
    }  # fmt: skip
    assets["dockerImages"] = {}
    (target / "Shortlist.assets.json").write_text(json.dumps(assets))
    write_function(target / name, python, runtime_client)
    template = json.loads((target / "Shortlist.template.json").read_text())
    code = {"S3Bucket": {"Fn::Sub": destination["bucketName"]}, "S3Key": destination["objectKey"]}
    further = further_outputs(template["Resources"])
    resources = template["Resources"] = emulated(template["Resources"], code)
    template["Outputs"] = further | {
        name: one
        for name, one in template["Outputs"].items()
        if all(referred in resources or referred.startswith("AWS::") for referred in references(one))
    }
    (target / "Shortlist.template.json").write_text(json.dumps(readdressed(template, postgres_port)))


def write_function(folder: Path, python: Path, runtime_client: Path) -> None:
    """Write the code of the function that stores uploads. Its `bootstrap` is the command of its image."""
    shutil.copytree(HANDLERS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    command = f'PYTHONPATH={runtime_client} exec {python} -m awslambdaric "$_HANDLER"'
    (folder / "bootstrap").write_text(f'#!/bin/sh\ncd "$LAMBDA_TASK_ROOT"\n{command}\n')
    (folder / "bootstrap").chmod(0o755)


def id_of(resources: Mapping[str, Mapping[str, Any]], kind: str, part: str) -> str:
    """The logical id of the one resource of a type whose id begins with `part`."""
    [found] = (name for name, one in resources.items() if one["Type"] == kind and name.startswith(part))
    return found


def references(value: Any) -> Iterator[str]:
    """The logical ids that `value` refers to."""
    if isinstance(value, dict):
        if set(value) == {"Ref"}:
            yield value["Ref"]
        elif set(value) == {"Fn::GetAtt"}:
            yield listed(value["Fn::GetAtt"])[0]
        else:
            for one in value.values():
                yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def listed(value: Any) -> list[Any]:
    """`value` as a list, if it is none."""
    return value if isinstance(value, list) else [value]
