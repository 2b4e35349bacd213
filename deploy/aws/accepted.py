"""Findings of cdk-nag that are accepted, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import IConstruct


def accept(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings about `construct` and what is in it: id of the finding = reason."""
    rules = [cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason) for finding, reason in reasons.items()]
    cdk.Validations.of(construct).acknowledge(*rules)
