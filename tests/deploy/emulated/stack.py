"""A deployed stack: its resources, clients with the rights of its owner, and the rights of its roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.aws.tests.emulator import client
from tests.deploy.emulated.assembly import PIPELINE, SECRET, id_of

NAME = "Shortlist"


@dataclass(frozen=True, slots=True)
class Deployed:
    """`environ` is where processes find the emulators, without credentials.

    `pipelines` are definitions by name, `task_secrets` the addresses of secrets by the variables of the service.
    """

    url: str
    certificate: Path
    environ: Mapping[str, str]
    resources: Mapping[str, Mapping[str, str]]
    outputs: Mapping[str, str]
    pipelines: Mapping[str, str]
    task_secrets: Mapping[str, str]

    def client(self, service: str, role: str | None = None) -> Any:
        """A client with the rights of the owner of the account, or of a role."""
        given = self._credentials(role) if role else {}
        return client(service, self.url, certificate=self.certificate, **given)

    def sagemaker(self) -> Any:
        """A client of moto."""
        return client("sagemaker", self.environ["AWS_ENDPOINT_URL_SAGEMAKER"])

    def named(self, kind: str, part: str) -> str:
        """The name of the one resource of a type whose logical id begins with `part`."""
        return self.resources[id_of(self.resources, kind, part)]["Name"]

    def secret(self, part: str) -> Any:
        """The value of the one secret whose logical id contains `part`."""
        [name] = (
            one["Name"]
            for logical, one in self.resources.items()
            if one["Type"] == "AWS::SecretsManager::Secret" and part in logical
        )
        return self.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]

    def as_role(self, name: str) -> dict[str, str]:
        """The variables of a process with the rights of a role, and no others."""
        return {**self.environ, **{key.upper(): value for key, value in self._credentials(name).items()}}

    def _credentials(self, role: str) -> dict[str, str]:
        arn = self.client("iam").get_role(RoleName=role)["Role"]["Arn"]
        given = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="process")["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }


def read_stack(url: str, certificate: Path, environ: Mapping[str, str]) -> Deployed:
    """The stack as CloudFormation describes it."""
    formation = client("cloudformation", url, certificate=certificate)
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=NAME)
    resources = {
        one["LogicalResourceId"]: {"Type": one["ResourceType"], "Name": one["PhysicalResourceId"]}
        for page in pages
        for one in page["StackResourceSummaries"]
    }
    outputs = formation.describe_stacks(StackName=NAME)["Stacks"][0]["Outputs"]

    def described(kind: str) -> dict[str, str]:
        return {one["Description"]: one["OutputValue"] for one in outputs if one["OutputKey"].startswith(kind)}

    return Deployed(
        url, certificate, environ, resources, pipelines=described(PIPELINE), task_secrets=described(SECRET),
        outputs={one["OutputKey"]: one["OutputValue"] for one in outputs},
    )  # fmt: skip
