"""What of the stack the emulator deploys, and that what is left out or changed must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.deploy.emulated.assembly import CHANGED, LEFT_OUT, REFUSED, Resources, emulated, id_of, references
from tests.deploy.emulated.stack import NAME, Deployed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture
def template(assembly: Path) -> Resources:
    found: Resources = json.loads((assembly / f"{NAME}.template.json").read_text())["Resources"]
    return found


def test_everything_but_what_is_listed_is_deployed(template: Resources, deployed: Deployed) -> None:
    pages = deployed.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=NAME)
    states = {
        one["LogicalResourceId"]: one["ResourceStatus"] for page in pages for one in page["StackResourceSummaries"]
    }
    left_out = {name for name, one in template.items() if one["Type"] in REFUSED or name.startswith(tuple(LEFT_OUT))}
    assert states == dict.fromkeys(set(template) - left_out, "CREATE_COMPLETE")


def test_what_is_listed_is_in_the_template(template: Resources) -> None:
    assert set(REFUSED) <= {one["Type"] for one in template.values()}
    for beginning in LEFT_OUT:
        assert any(name.startswith(beginning) for name in template), beginning
    for kind, beginning in CHANGED:
        assert id_of(template, kind, beginning)


@pytest.mark.parametrize("kind", REFUSED)
def test_the_emulator_refuses_the_types_that_are_left_out(kind: str, deployed: Deployed) -> None:
    body = json.dumps({"Resources": {"One": {"Type": kind, "Properties": {}}}})
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        deployed.client("cloudformation").validate_template(TemplateBody=body)


def test_nothing_that_is_deployed_needs_what_is_left_out(template: Resources) -> None:
    kept = emulated(template, {})
    missing: dict[str, Any] = {
        name: [one for one in references(resource) if one in template and one not in kept]
        for name, resource in kept.items()
    }
    assert {name: found for name, found in missing.items() if found} == {}
