"""The policies of the template, with the names that an emulator gives to what they are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.conftest import Resources
from tests.emulator import ACCOUNT, REGION

BUCKET = f"shortlist-data-{ACCOUNT}-{REGION}"
KINDS = {
    "AWS::Batch::JobDefinition": ("batch", "job-definition/"),
    "AWS::Batch::JobQueue": ("batch", "job-queue/"),
    "AWS::ElasticLoadBalancingV2::Listener": ("elasticloadbalancing", "listener/app/"),
    "AWS::ElasticLoadBalancingV2::ListenerRule": ("elasticloadbalancing", "listener-rule/app/"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("elasticloadbalancing", "targetgroup/"),
    "AWS::SQS::Queue": ("sqs", ""),
    "AWS::Logs::LogGroup": ("logs", "log-group:"),
    "AWS::IAM::Role": ("iam", "role/"),
    "AWS::KMS::Key": ("kms", "key/"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "secret:"),
    "AWS::SecretsManager::SecretTargetAttachment": ("secretsmanager", "secret:"),
}
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::URLSuffix": "amazonaws.com"}


class Template:
    """The resources of a template, asked for by parts of their logical ids."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def arn(self, part: str, kind: str) -> str:
        """The ARN of the one resource of a type whose logical id begins with `part`."""
        return self._arn_of(self._named(part, kind))

    def policy(self, role: str) -> dict[str, Any]:
        """All statements of the one role whose logical id begins with `role`."""
        wanted = {"Ref": self._named(role, "AWS::IAM::Role")}
        found = [
            statement
            for one in self._resources.values()
            if one["Type"] == "AWS::IAM::Policy" and wanted in one["Properties"]["Roles"]
            for statement in one["Properties"]["PolicyDocument"]["Statement"]
        ]
        assert found, f"no policy of {role}"
        return {"Version": "2012-10-17", "Statement": [self.written_out(statement) for statement in found]}

    def bucket_policy(self) -> dict[str, Any]:
        """The policy of the data bucket."""
        for one in self._resources.values():
            if one["Type"] == "AWS::S3::BucketPolicy" and "Data" in one["Properties"]["Bucket"]["Ref"]:
                policy: dict[str, Any] = self.written_out(one["Properties"]["PolicyDocument"])
                return policy
        raise AssertionError("no policy of the data bucket")

    def written_out(self, value: Any) -> Any:
        """`value` with names in place of references."""
        if isinstance(value, list):
            return [self.written_out(one) for one in value]
        if not isinstance(value, Mapping):
            return value
        if set(value) == {"Ref"}:
            return PSEUDO.get(value["Ref"]) or self._arn_of(value["Ref"])
        if set(value) == {"Fn::GetAtt"}:
            return self._arn_of(value["Fn::GetAtt"][0])
        if set(value) == {"Fn::Join"}:
            return value["Fn::Join"][0].join(self.written_out(one) for one in value["Fn::Join"][1])
        if set(value) == {"Fn::Sub"}:
            text = str(value["Fn::Sub"])
            for name, word in PSEUDO.items():
                text = text.replace(f"${{{name}}}", word)
            return text
        return {key: self.written_out(one) for key, one in value.items()}

    def _named(self, part: str, kind: str) -> str:
        [name] = self._names(part, kind)
        return name

    def _names(self, part: str, kind: str) -> Iterator[str]:
        return (name for name, one in self._resources.items() if one["Type"] == kind and name.startswith(part))

    def _arn_of(self, name: str) -> str:
        resource = self._resources[name]
        if resource["Type"] == "AWS::S3::Bucket":
            return f"arn:aws:s3:::{(resource['Properties'].get('BucketName') and BUCKET) or name.lower()}"
        service, prefix = KINDS[resource["Type"]]
        region = "" if service == "iam" else REGION
        return f"arn:aws:{service}:{region}:{ACCOUNT}:{prefix}{name}"
