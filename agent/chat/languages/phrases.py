"""Fixed phrases of replies, in the languages of `phrases.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).with_name("phrases.toml")
Language = Literal["en", "es", "de"]


def say(name: str, language: Language, **values: object) -> str:
    """Return the phrase `name` in `language` with `values` filled in."""
    return _phrases()[name][language].format(**values)


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    table: Mapping[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return table
