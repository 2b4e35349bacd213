"""What SageMaker does with an execution of a pipeline: its steps one after the other, each job in an empty folder.

moto records executions and runs nothing. Here a job is a process of this machine instead of a container.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.deploy.emulated.stack import Deployed
from tests.deploy.resolved import resolved

CACHE = str(Path.home() / ".cache" / "shortlist")


def executions(stack: Deployed, pipeline: str) -> set[str]:
    """The ARNs of the executions of a pipeline."""
    found = stack.sagemaker().list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"]
    return {one["PipelineExecutionArn"] for one in found}


def run_execution(stack: Deployed, execution_arn: str, folder: Path, last: str | None = None) -> dict[str, str]:
    """Run the steps of an execution, until the `last` one if it is named.

    Return what each job printed, and the ARN of a registered package.
    """
    client = stack.sagemaker()
    pipeline = execution_arn.rpartition("/execution/")[0].rpartition("/")[2]
    definition = json.loads(client.describe_pipeline(PipelineName=pipeline)["PipelineDefinition"])
    parameters = {one["Name"]: one["DefaultValue"] for one in definition["Parameters"]}
    printed = {}
    for step in definition["Steps"]:
        arguments = resolved(step["Arguments"], parameters, execution_arn.rpartition("/")[2])
        if step["Type"] == "Processing":
            printed[step["Name"]] = run_job(stack, arguments, folder / step["Name"])
        else:
            printed[step["Name"]] = client.create_model_package(**arguments)["ModelPackageArn"]
        if step["Name"] == last:
            break
    return printed


def run_job(stack: Deployed, arguments: Mapping[str, Any], folder: Path) -> str:
    """Run a processing job with the rights of its role. Return what it printed. Raises if it fails."""
    role = arguments["RoleArn"].rpartition("/")[2]
    s3 = stack.client("s3", role)
    for one in arguments["ProcessingInputs"]:
        download(s3, one["S3Input"]["S3Uri"], Path(f"{folder}{one['S3Input']['LocalPath']}"))
    command = [
        *arguments["AppSpecification"]["ContainerEntrypoint"],
        *arguments["AppSpecification"]["ContainerArguments"],
    ]
    variables = {
        name: f"{folder}{value}" if value.startswith("/opt/ml/") else value
        for name, value in arguments["Environment"].items()
    }
    printed = run([sys.executable if one == "python3" else one for one in command], stack.as_role(role) | variables)
    for one in arguments["ProcessingOutputConfig"]["Outputs"]:
        upload(s3, Path(f"{folder}{one['S3Output']['LocalPath']}"), one["S3Output"]["S3Uri"])
    return printed


def run(command: list[str], variables: Mapping[str, str]) -> str:
    """Run a command of Shortlist. Return what it printed on stdout. Raises if it fails."""
    done = subprocess.run(command, env=own_environ(variables), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def own_environ(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a container with these variables, without the settings of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SHORTLIST_", "PG"))}
    return kept | {"SHORTLIST_MODELS__CACHE": CACHE, "SHORTLIST_MODELS__OFFLINE": "true"} | dict(variables)


def download(s3: Any, address: str, folder: Path) -> None:
    """Copy the objects below an address to a folder, which is there in any case."""
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    folder.mkdir(parents=True)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
        for one in page.get("Contents", ()):
            path = folder / one["Key"].removeprefix(f"{prefix}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, one["Key"], str(path))


def upload(s3: Any, folder: Path, address: str) -> None:
    """Copy the files of a folder to an address. What is not in the folder stays there."""
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            s3.upload_file(str(path), bucket, f"{prefix}/{path.relative_to(folder)}")
