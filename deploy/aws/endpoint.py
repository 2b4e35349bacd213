"""The SageMaker endpoint, a second way to serve. The function of releases makes and moves it."""

from __future__ import annotations

from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from base.database import Database
from base.network import Network
from base.storage import Storage
from constructs import Construct
from permissions import allow, allow_passing, arn
from training import MODELS, Training

NAME = "shortlist"
ALARM = "shortlist-endpoint-errors"
CAPTURED_PERCENT = 5
DEPLOYMENT = [
    "sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint",
    "sagemaker:DescribeEndpoint",
]  # fmt: skip


class Endpoint(Construct):
    """What an endpoint needs before its first model is approved. It runs under the role of jobs."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        storage: Storage,
        network: Network,
        database: Database,
        training: Training,
        errors: cloudwatch.IMetric,
    ) -> None:
        super().__init__(scope, name)
        self._training = training
        self.alarm = cloudwatch.Alarm(
            self,
            "Errors",
            alarm_name=ALARM,
            alarm_description="Errors of the endpoint: docs/aws.md#the-endpoint-fails",
            metric=errors,
            threshold=5,
            evaluation_periods=3,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        # SageMaker makes it, without an end and without the key, if it is not there before the endpoint.
        logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/sagemaker/Endpoints/{NAME}",
            encryption_key=storage.key,
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        inside = network.vpc.select_subnets(subnet_type=network.isolated.subnet_type)
        self.described: dict[str, Any] = {
            "name": NAME,
            "role": training.role.role_arn,
            "instance_type": "ml.m6i.large",
            "instances": 2,
            "subnets": inside.subnet_ids,
            "security_groups": [training.group.security_group_id],
            "key": storage.key.key_arn,
            "captured_percent": CAPTURED_PERCENT,
            "captured_to": storage.address("captured"),
            "alarms": [ALARM],
            "environment": {
                "DATABASE_SECRET": database.secret.secret_arn,
                "SHORTLIST_HOME": "/tmp/home",  # noqa: S108  (the only folder of an endpoint that can be written)
                "SHORTLIST_STORE__CATALOGUE": database.address,
                "SHORTLIST_STORE__SNAPSHOT": storage.address("published"),
            },
        }

    def allow_deployment(self, role: iam.IRole) -> None:
        """Allow `role` to make models, configurations and the endpoint."""
        named = {
            "model": "shortlist-*",
            "endpoint-config": "shortlist-*",
            "endpoint": NAME,
            "model-package": f"{MODELS}/*",
        }
        resources = [arn("sagemaker", kind, name) for kind, name in named.items()]
        allow(role, DEPLOYMENT, *resources, why="models and configurations are named after the approved package")
        allow_passing(role, self._training.role)
