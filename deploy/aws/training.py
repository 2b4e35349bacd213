"""Training: pipelines of SageMaker over the table of steps, and the registry of model packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from base.database import Database
from base.network import Network
from base.storage import Storage
from constructs import Construct
from functions import NETWORK_INTERFACES, NO_NAME
from images import image
from permissions import accept, allow, allow_passing, arn
from settings import Settings

# Written by write_definitions.py from ops/pipeline/steps.py.
DEFINITIONS: dict[str, Any] = json.loads((Path(__file__).parent / "pipelines.json").read_text())
NAMES = {"run": "shortlist", "release": "shortlist-release", "rollback": "shortlist-rollback"}
MODELS = "shortlist"
METRICS = "Shortlist"  # the namespace in CloudWatch

LOG = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
MORE_OF_NETWORK = [
    "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterfacePermission", "ec2:DescribeVpcs",
    "ec2:DescribeDhcpOptions", "ec2:DescribeSecurityGroups",
]  # fmt: skip
JOBS = [
    "sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob", "sagemaker:StopProcessingJob",
    "sagemaker:AddTags",
]  # fmt: skip
REGISTRY = ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackageGroup", "sagemaker:DescribeModelPackage"]


class Training(Construct):
    """The pipeline that takes content, trains and registers a model, that of the release, and that of the way back."""

    def __init__(
        self, scope: Construct, name: str, *, settings: Settings, storage: Storage, network: Network, database: Database
    ) -> None:
        super().__init__(scope, name)
        self._network, self._storage = network, storage
        self.group = network.group(self, "Group", "Jobs of SageMaker")
        database.admit(self.group, "jobs read and write the catalogue")
        self.role = self._job_role(database)
        job, serving = image(self, "job"), image(self, "sagemaker")
        for one in (job, serving):
            one.repository.grant_pull(self.role)
        accept(self.role, {"IAM5[Resource::*]": "ECR's token cannot be named"})
        models = sagemaker.CfnModelPackageGroup(
            self,
            "Models",
            model_package_group_name=MODELS,
            model_package_group_description="Models that the gate compared; an approved one is released",
        )
        parameters = {
            "ImageUri": job.image_uri,
            "ServingImageUri": serving.image_uri,
            "RoleArn": self.role.role_arn,
            "HomeUri": storage.address("home"),
            "ModelsUri": storage.address("models"),
            "Folder": storage.address(),
            "Catalogue": database.address,
            "Snapshots": storage.address("published"),
            "DatabaseSecret": database.secret.secret_arn,
            "ModelPackageGroup": MODELS,
            "InstanceType": settings.instance_type,
            "FeaturesOnline": settings.features_online,
        }
        starter = self._starter()
        for which, named in NAMES.items():
            pipeline = sagemaker.CfnPipeline(
                self,
                which.title(),
                pipeline_name=named,
                role_arn=starter.role_arn,
                pipeline_definition={
                    "PipelineDefinitionBody": Stack.of(self).to_json_string(
                        self._filled(DEFINITIONS[which], parameters)
                    )
                },
            )
            pipeline.node.add_dependency(models, self.role, starter)

    def arn(self, which: str) -> str:
        """Return the ARN of a pipeline."""
        return arn("sagemaker", "pipeline", NAMES[which])

    def _filled(self, definition: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        """Return the definition with the values of this deployment: parameters, the network and the key."""
        filled: dict[str, Any] = json.loads(json.dumps(definition))
        for parameter in filled["Parameters"]:
            parameter["DefaultValue"] = parameters[parameter["Name"]]
        inside = self._network.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        network = {
            "EnableInterContainerTrafficEncryption": True,
            "VpcConfig": {"SecurityGroupIds": [self.group.security_group_id], "Subnets": inside.subnet_ids},
        }
        for step in filled["Steps"]:
            if step["Type"] == "Processing":
                arguments = step["Arguments"]
                arguments["NetworkConfig"] = network
                arguments["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] = self._storage.key.key_arn
                arguments["ProcessingOutputConfig"]["KmsKeyId"] = self._storage.key.key_arn
        return filled

    def _job_role(self, database: Database) -> iam.Role:
        role = iam.Role(self, "JobRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        storage, moved = self._storage, ("incoming/", "done/", "quarantine/", "failed/", "home/", "published/")
        storage.allow(role, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], *moved)
        storage.allow(role, ["s3:GetObject", "s3:PutObject"], "models/")
        storage.allow(role, ["s3:PutObject"], "captured/")
        storage.allow_list(role, *moved, "models/")
        database.allow_password(role)
        # SageMaker encrypts the disks of jobs with the key.
        allow(role, ["kms:CreateGrant", "kms:DescribeKey"], storage.key.key_arn)
        allow(role, LOG, arn("logs", "log-group", "/aws/sagemaker/*", ":"), why="SageMaker names the logs of jobs")
        allow(role, [*NETWORK_INTERFACES, *MORE_OF_NETWORK], "*", why=NO_NAME)
        ours = {"StringEquals": {"cloudwatch:namespace": METRICS}}
        allow(role, ["cloudwatch:PutMetricData"], "*", why="metrics have no ARN", conditions=ours)
        return role

    def _starter(self) -> iam.Role:
        """Return the role of the pipelines: it starts jobs under the role of jobs, and registers models."""
        role = iam.Role(self, "PipelineRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        jobs = arn("sagemaker", "processing-job", "pipelines-*")
        allow(role, JOBS, jobs, why="SageMaker names the jobs of a run")
        packages = arn("sagemaker", "model-package", f"{MODELS}/*")
        allow(role, REGISTRY, arn("sagemaker", "model-package-group", MODELS), packages, why="versions are numbered")
        allow_passing(role, self.role)
        return role
