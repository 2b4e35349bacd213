"""The application that the `cdk` command runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks
from settings import read_settings
from stack import Shortlist

# The command reads the context of cdk.json by itself; nothing else does.
FLAGS: dict[str, object] = json.loads((Path(__file__).parent / "cdk.json").read_text())["context"]


def new_app(context: Mapping[str, object] | None = None, folder: Path | None = None) -> cdk.App:
    """Return the application, checked by cdk-nag. `folder` gets the template; the command has one by default."""
    app = cdk.App(context={**FLAGS, **(context or {})}, outdir=str(folder) if folder else None)
    settings = read_settings(app.node)
    # Without an account: with one, CDK would ask AWS for its zones.
    Shortlist(app, "Shortlist", settings, cdk.Environment(region=settings.region))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    try:
        app = new_app()
    except ValueError as error:
        sys.exit(str(error))
    app.synth()
