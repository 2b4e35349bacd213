"""What a message asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ActionName = Literal["recommend", "search", "explain", "describe", "profile", "help"]


@dataclass(frozen=True, slots=True)
class Action:
    """A tool and its arguments.

    recommend: user (may be None), about, k. search: text, k. explain and describe: number in the last list (-1 is
    the last), user. profile: user. help: none. An argument that was not said is absent.
    """

    name: ActionName
    arguments: Mapping[str, Any] = field(default_factory=dict)
