"""Permissions of roles, each with its resources, and findings of cdk-nag that are accepted, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import IConstruct

FOLDER = "the objects of one folder of the bucket"


def accept(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings of cdk-nag about `construct` and what is in it: id of the finding = reason."""
    rules = [cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason) for finding, reason in reasons.items()]
    cdk.Validations.of(construct).acknowledge(*rules)


def allow(
    role: iam.IRole,
    actions: Sequence[str],
    *resources: str,
    why: str = "",
    conditions: dict[str, Any] | None = None,
) -> None:
    """Allow `role` these actions on these resources.

    `why` is the reason for patterns among the resources. Without it, cdk-nag refuses them.
    """
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    )
    patterns = [_as_nag_writes(role, resource) for resource in resources]
    if why:
        accept(role, {f"IAM5[Resource::{pattern}]": why for pattern in patterns if "*" in pattern})


def allow_passing(role: iam.IRole, passed: iam.IRole) -> None:
    """Allow `role` to give the role `passed` to SageMaker, and to no other service."""
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    allow(role, ["iam:PassRole"], passed.role_arn, conditions=to_sagemaker)


def arn(service: str, kind: str, name: str, separator: str = "/") -> str:
    """Return the ARN of a resource of this account and region."""
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{kind}{separator}{name}"


def _as_nag_writes(role: iam.IRole, resource: str) -> str:
    """Return a resource as in the findings of cdk-nag: `<Data.Arn>/done/*`."""
    resolved = Stack.of(role).resolve(resource)
    parts = resolved["Fn::Join"][1] if isinstance(resolved, dict) and "Fn::Join" in resolved else [resolved]
    return "".join(_part(part) for part in parts)


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    name = part["Ref"] if "Ref" in part else ".".join(part["Fn::GetAtt"])
    return f"<{name}>"
