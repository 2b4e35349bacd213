"""Base of the sections of the configuration, and types of their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _expand(value: Any) -> Any:
    try:
        return value.expanduser() if isinstance(value, Path) else value
    except RuntimeError as error:  # ~NAME of an unknown user
        raise ValueError(str(error)) from error


class Section(BaseModel):
    """Base of every section: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*")
    @classmethod
    def _paths(cls, value: Any) -> Any:
        """Expand "~" at the beginning of paths to the user's home folder."""
        if isinstance(value, dict):
            return {name: _expand(one) for name, one in value.items()}
        return _expand(value)
