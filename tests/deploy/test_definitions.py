"""The definitions of the pipelines are what SageMaker wants: botocore's model of the service checks each request."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.deploy.conftest import ROOT
from tests.feature_store_stand_in import check

DEFINITIONS = json.loads((ROOT / "deploy/aws/pipelines.json").read_text())
# The request of each type of step, and what SageMaker fills in itself.
CALLS = {
    "Processing": ("CreateProcessingJob", {"ProcessingJobName": "job"}),
    "RegisterModel": ("CreateModelPackage", {}),
}
ARN = "arn:aws:iam::123456789012:role/any"  # long enough for every parameter


@cache
def service() -> Any:
    return botocore.session.get_session().get_service_model("sagemaker")


def filled(value: Any) -> Any:
    """`value` with a word in place of every reference."""
    if isinstance(value, dict):
        return ARN if set(value) & {"Get", "Std:Join"} else {key: filled(one) for key, one in value.items()}
    return [filled(one) for one in value] if isinstance(value, list) else value


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and set(value) == {"Get"}:
        yield value["Get"]
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from references(one)


def problems(definition: Mapping[str, Any]) -> list[str]:
    """What is wrong with a definition, a line each."""
    steps = definition["Steps"]
    names = [step["Name"] for step in steps]
    known = {f"Parameters.{one['Name']}" for one in definition["Parameters"]} | {"Execution.PipelineExecutionId"}
    found = [f"two steps {name}" for name in set(names) if names.count(name) > 1]
    for step in steps:
        earlier = names[: names.index(step["Name"])]
        found += [f"{step['Name']} waits for {one}" for one in step.get("DependsOn", ()) if one not in earlier]
        found += [f"{step['Name']} reads {one}" for one in references(step["Arguments"]) if one not in known]
        if step["Type"] not in CALLS:
            found.append(f"{step['Name']} is of the type {step['Type']}")
            continue
        call, given = CALLS[step["Type"]]
        shape = service().operation_model(call).input_shape
        report = ParamValidator().validate({**given, **filled(step["Arguments"])}, shape).generate_report()
        found += [f"{step['Name']}: {line}" for line in report.splitlines()]
    return found


@pytest.mark.parametrize("which", DEFINITIONS)
def test_the_definitions_are_valid(which: str) -> None:
    assert DEFINITIONS[which]["Version"] == "2020-12-01"
    assert problems(DEFINITIONS[which]) == []


def test_the_feature_groups_are_valid() -> None:
    groups = json.loads((ROOT / "deploy/aws/feature_groups.json").read_text())
    assert len(groups) == 4
    for group in groups.values():
        check(service().operation_model("CreateFeatureGroup").input_shape, group)
        names = {one["FeatureName"] for one in group["FeatureDefinitions"]}
        assert {group["RecordIdentifierFeatureName"], group["EventTimeFeatureName"]} <= names
        assert not names & {"is_deleted", "write_time", "api_invocation_time"}  # SageMaker's own


def cluster(step: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = step["Arguments"]["ProcessingResources"]["ClusterConfig"]
    return found


FAULTS: Mapping[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "type": (lambda steps: steps[0].update(Type="Procesing"), "of the type Procesing"),
    "key": (lambda steps: cluster(steps[0]).update(InstanceTyp="x"), "InstanceTyp"),
    "missing": (lambda steps: steps[0]["Arguments"]["AppSpecification"].pop("ImageUri"), "ImageUri"),
    "number": (lambda steps: cluster(steps[0]).update(InstanceCount="one"), "InstanceCount"),
    "dependency": (lambda steps: steps[1].update(DependsOn=["arive"]), "waits for arive"),
    "parameter": (lambda steps: steps[0]["Arguments"].update(RoleArn={"Get": "Parameters.Role"}), "Parameters.Role"),
    "registry": (lambda steps: steps[-1]["Arguments"].update(ModelApprovalStatus=1), "ModelApprovalStatus"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str) -> None:
    broken = copy.deepcopy(DEFINITIONS["run"])
    change, said = FAULTS[fault]
    change(broken["Steps"])
    [problem] = problems(broken)
    assert said in problem
