"""What the Lambda functions share: roles without managed policies, encrypted logs, and the small functions' code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from permissions import allow

HANDLERS = Path(__file__).parent / "handlers"
NO_NAME = "network interfaces of functions and jobs have no name that is known beforehand"
NETWORK_INTERFACES = [
    "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
]  # fmt: skip


def log_group(scope: Construct, name: str, key: kms.IKey) -> logs.LogGroup:
    """Return an encrypted log that is kept for three months."""
    return logs.LogGroup(
        scope,
        name,
        encryption_key=key,
        retention=logs.RetentionDays.THREE_MONTHS,
        removal_policy=RemovalPolicy.DESTROY,
    )


def function_role(scope: Construct, log: logs.ILogGroup, key: kms.IKey, *, in_network: bool = False) -> iam.Role:
    """Return a role of a function that writes to `log`, and with `in_network` has network interfaces in the VPC.

    Its environment is encrypted with `key`.
    """
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log.grant_write(role)
    allow(role, ["kms:Decrypt"], key.key_arn)
    if in_network:
        allow(role, NETWORK_INTERFACES, "*", why=NO_NAME)
    return role


def small_function(
    scope: Construct, name: str, *, module: str, key: kms.IKey, environment: Mapping[str, str]
) -> lambda_.Function:
    """Return the function `handler` of a module of handlers/ that needs boto3 only. It is not in the VPC."""
    part = Construct(scope, name)
    log = log_group(part, "Log", key)
    return lambda_.Function(
        part,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler=f"{module}.handler",
        code=lambda_.Code.from_asset(str(HANDLERS), exclude=["ingest_upload.py", "__pycache__"]),
        timeout=Duration.minutes(1),
        memory_size=256,
        role=function_role(part, log, key),
        log_group=log,
        environment=dict(environment),
        environment_encryption=key,
    )


def role_of(function: lambda_.Function) -> iam.IRole:
    """Return the role of a function. Raises `ValueError` if it has none."""
    if function.role is None:
        raise ValueError("expected a function with a role, found none")
    return function.role
