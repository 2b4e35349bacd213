"""The values of a definition of a SageMaker pipeline, as SageMaker fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def resolved(value: Any, parameters: Mapping[str, str], execution: str) -> Any:
    """`value` with parameters, and with texts that are joined with the id of the execution."""
    if isinstance(value, list):
        return [resolved(one, parameters, execution) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Get"}:
        return execution if value["Get"].startswith("Execution.") else parameters[value["Get"].partition(".")[2]]
    if set(value) == {"Std:Join"}:
        join = value["Std:Join"]
        return str(join["On"]).join(resolved(join["Values"], parameters, execution))
    return {key: resolved(one, parameters, execution) for key, one in value.items()}
