"""Write the steps out as a definition of an Amazon SageMaker pipeline: each a processing job of our image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shortlist.ops.pipeline.steps import Step

VERSION = "2020-12-01"  # of the language of definitions
HOME = "/opt/ml/processing/home"
TRAINED = "trained"  # the folder of the home with the versions of the models
METRICS = "Shortlist"  # the namespace in CloudWatch
LONGEST_S = 6 * 3600  # of a step; the service's own limit is a day
ENTRYPOINT = ("python3", "-m", "shortlist.app.container")
PARAMETERS = {
    "ImageUri": "",
    "ServingImageUri": "",
    "RoleArn": "",
    "HomeUri": "",  # s3://BUCKET/PREFIX that holds the home between two steps
    "ModelsUri": "",  # s3://BUCKET/PREFIX that gets the models of each run, in a folder named by it
    "Folder": "",  # s3://BUCKET/PREFIX that holds incoming/
    "Catalogue": "",  # postgresql://user@host/database, without a password
    "Snapshots": "",  # s3://BUCKET/PREFIX that servers follow
    "DatabaseSecret": "",  # the ARN of a secret of AWS Secrets Manager with the password
    "ModelPackageGroup": "shortlist",
    "InstanceType": "ml.m5.xlarge",
    "FeaturesOnline": "catalogue",
}


def definition(steps: Sequence[Step], *, registers: str | None = None) -> dict[str, Any]:
    """Return the definition, to be written as JSON. Steps follow each other, because all of them change the home.

    The models of the step that is named by `registers` are kept under the id of the run, and registered as a model
    package that waits for the approval of a person.
    """
    before = [None, *(step.name for step in steps)]
    written = [_step(step, after) for step, after in zip(steps, before, strict=False)]
    for step in written:
        if step["Name"] == registers:
            models = _output("models", f"{HOME}/{TRAINED}", _run_models())
            step["Arguments"]["ProcessingOutputConfig"]["Outputs"].append(models)
            written = [*written, _registration(step["Name"])]
    used = set(_references(written))
    parameters: list[dict[str, Any]] = [
        {"Name": name, "Type": "String", **({"DefaultValue": value} if value else {})}
        for name, value in PARAMETERS.items()
        if f"Parameters.{name}" in used
    ]
    return {"Version": VERSION, "Parameters": parameters, "Steps": written}


def _step(step: Step, after: str | None) -> dict[str, Any]:
    home = {"S3Uri": _get("HomeUri"), "LocalPath": HOME, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    arguments = {
        "RoleArn": _get("RoleArn"),
        "AppSpecification": {
            "ImageUri": _get("ImageUri"),
            "ContainerEntrypoint": list(ENTRYPOINT),
            "ContainerArguments": list(step.command),
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": _get("InstanceType"), "VolumeSizeInGB": 50}
        },
        "Environment": {
            "SHORTLIST_HOME": HOME,
            "SHORTLIST_PIPELINE__FOLDER": _get("Folder"),
            "SHORTLIST_PIPELINE__TRANSCRIBE": "false",  # the jobs have no speech model, and one file may take hours
            "SHORTLIST_STORE__CATALOGUE": _get("Catalogue"),
            "SHORTLIST_FEATURES__ONLINE": _get("FeaturesOnline"),
            "SHORTLIST_PUBLISH__TO": _get("Snapshots"),
            "DATABASE_SECRET": _get("DatabaseSecret"),
            "METRICS_NAMESPACE": METRICS,
            "NOT_YET": ",".join(map(str, sorted(step.not_yet))),
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": LONGEST_S},
        "ProcessingInputs": [{"InputName": "home", "S3Input": home}],
        "ProcessingOutputConfig": {"Outputs": [_output("home", HOME, _get("HomeUri"))]},
    }
    return {
        "Name": step.name,
        "Type": "Processing",
        "Arguments": arguments,
        **({"DependsOn": [after]} if after else {}),
    }


def _registration(after: str) -> dict[str, Any]:
    models = {"S3Uri": _run_models(), "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": _get("ServingImageUri"), "ModelDataSource": {"S3DataSource": models}}
    return {
        "Name": "register",
        "Type": "RegisterModel",
        "DependsOn": [after],
        "Arguments": {
            "ModelPackageGroupName": _get("ModelPackageGroup"),
            "ModelApprovalStatus": "PendingManualApproval",
            "InferenceSpecification": {
                "Containers": [container],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        },
    }


def _output(name: str, folder: str, address: Any) -> dict[str, Any]:
    return {"OutputName": name, "S3Output": {"S3Uri": address, "LocalPath": folder, "S3UploadMode": "EndOfJob"}}


def _run_models() -> dict[str, Any]:
    """Return the address of the models of a run."""
    return {"Std:Join": {"On": "/", "Values": [_get("ModelsUri"), {"Get": "Execution.PipelineExecutionId"}]}}


def _get(parameter: str) -> dict[str, str]:
    return {"Get": f"Parameters.{parameter}"}


def _references(value: Any) -> Iterator[str]:
    """Yield what `value` refers to."""
    if isinstance(value, dict) and set(value) == {"Get"}:
        yield value["Get"]
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _references(one)
