"""The task of the service as ECS would start it: its variables, its secrets and the rights of its role."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.deploy.emulated.jobs import CACHE
from tests.deploy.emulated.stack import Deployed


def task_variables(stack: Deployed, folder: Path) -> dict[str, str]:
    """The variables of the container, with `folder` in place of its volume."""
    described = stack.client("ecs").describe_task_definition(
        taskDefinition=stack.named("AWS::ECS::TaskDefinition", "ServiceTask")
    )["taskDefinition"]
    [container] = described["containerDefinitions"]
    secrets = stack.client("secretsmanager", role_in(described["executionRoleArn"]))
    variables = {one["name"]: one["value"] for one in container["environment"]}
    variables |= {name: value_of(secrets, address) for name, address in stack.task_secrets.items()}
    places = {"/data": str(folder), "/opt/weights": CACHE}
    for inside, outside in places.items():
        variables = {
            name: value.replace(inside, outside, 1) if value.startswith(inside) else value
            for name, value in variables.items()
        }
    return stack.as_role(role_in(described["taskRoleArn"])) | variables


def role_in(arn: str) -> str:
    """The name of a role."""
    return arn.rpartition("/")[2]


def value_of(secrets: Any, address: str) -> str:
    """What ECS puts into a variable: a secret, or the value of one of its keys (ARN:KEY::)."""
    arn, key = ":".join(address.split(":")[:7]), address.split(":")[7:8]
    value: str = secrets.get_secret_value(SecretId=arn)["SecretString"]
    return str(json.loads(value)[key[0]]) if key else value
