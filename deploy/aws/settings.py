"""Settings of a deployment, given as `cdk deploy -c name=value`."""

from __future__ import annotations

from dataclasses import dataclass, fields

from constructs import Node


@dataclass(frozen=True, slots=True)
class Settings:
    """`certificate` is the ARN of the certificate of the load balancer, `email` gets alarms and warnings of costs.

    With `endpoint` = "yes" there is a SageMaker endpoint besides the service. With `feature_store` = "no" the newest
    features are in the database instead.
    """

    region: str
    certificate: str
    email: str
    endpoint: str = "no"
    feature_store: str = "yes"
    monthly_budget_usd: str = "1500"
    max_runs_a_day: str = "4"
    max_transcriptions: str = "2"
    speech_model: str = "whisper-base"
    schedule: str = "cron(0 3 * * ? *)"
    instance_type: str = "ml.m5.xlarge"
    min_tasks: str = "2"
    max_tasks: str = "20"
    requests_per_5_minutes: str = "2000"

    @property
    def has_endpoint(self) -> bool:
        """Whether there is a SageMaker endpoint."""
        return self.endpoint == "yes"

    @property
    def features_online(self) -> str:
        """The setting features.online of jobs and tasks."""
        return "sagemaker" if self.feature_store == "yes" else "catalogue"


def read_settings(node: Node) -> Settings:
    """Read the settings from the context of `node`. Raises `ValueError` if a required one is missing."""
    given = {field.name: node.try_get_context(field.name) for field in fields(Settings)}
    missing = [name for name in ("region", "certificate", "email") if not given[name]]
    if missing:
        wanted = " ".join(f"-c {name}=..." for name in missing)
        raise ValueError(f"expected {wanted}, found none; give them, or write them to cdk.context.json (docs/aws.md)")
    return Settings(**{name: str(value) for name, value in given.items() if value is not None})
