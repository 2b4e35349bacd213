"""Write the steps out as a definition of an Amazon SageMaker pipeline: each a processing job of our image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shortlist.ops.pipeline.steps import Step

VERSION = "2020-12-01"  # of the language of definitions
HOME = "/opt/ml/processing/home"
PARAMETERS = {
    "ImageUri": "",
    "RoleArn": "",
    "HomeUri": "",  # s3://BUCKET/PREFIX that holds the home between two steps
    "Folder": "",  # s3://BUCKET/PREFIX that holds incoming/
    "Catalogue": "",  # postgresql://user@host/database, without a password
    "Snapshots": "",  # s3://BUCKET/PREFIX that servers follow
    "InstanceType": "ml.m5.xlarge",
}


def definition(steps: Sequence[Step]) -> dict[str, Any]:
    """Return the definition, to be written as JSON. Steps follow each other, because all of them change the home."""
    parameters: list[dict[str, Any]] = [
        {"Name": name, "Type": "String", **({"DefaultValue": value} if value else {})}
        for name, value in PARAMETERS.items()
    ]
    before = [None, *(step.name for step in steps)]
    written = [_step(step, after) for step, after in zip(steps, before, strict=False)]
    return {"Version": VERSION, "Parameters": parameters, "Steps": written}


def _step(step: Step, after: str | None) -> dict[str, Any]:
    place = {"S3Uri": _get("HomeUri"), "LocalPath": HOME}
    arguments = {
        "RoleArn": _get("RoleArn"),
        "AppSpecification": {
            "ImageUri": _get("ImageUri"),
            "ContainerEntrypoint": ["shortlist"],
            "ContainerArguments": list(step.command),
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": _get("InstanceType"), "VolumeSizeInGB": 50}
        },
        "Environment": {
            "SHORTLIST_HOME": HOME,
            "SHORTLIST_PIPELINE__FOLDER": _get("Folder"),
            "SHORTLIST_STORE__CATALOGUE": _get("Catalogue"),
            "SHORTLIST_PUBLISH__TO": _get("Snapshots"),
        },
        "ProcessingInputs": [
            {"InputName": "home", "S3Input": {**place, "S3DataType": "S3Prefix", "S3InputMode": "File"}}
        ],
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": "home", "S3Output": {**place, "S3UploadMode": "EndOfJob"}}]
        },
    }
    return {
        "Name": step.name,
        "Type": "Processing",
        "Arguments": arguments,
        **({"DependsOn": [after]} if after else {}),
    }


def _get(parameter: str) -> dict[str, str]:
    return {"Get": f"Parameters.{parameter}"}
