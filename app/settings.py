"""Reads the configuration: defaults, then a TOML file, then the environment, then the command line's own options.

The environment variable of `llm.threads` is `SHORTLIST_LLM__THREADS`; that of `home` is `SHORTLIST_HOME`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from shortlist.core.config import Config
from shortlist.core.errors import ConfigError
from shortlist.models.weights.manifest import load_manifest

PREFIX = "SHORTLIST_"
# Read elsewhere: where the private test data lies is no setting of the product.
NOT_SETTINGS = frozenset({"SHORTLIST_BENCH_DATA"})


def load_settings(file: Path | None, environ: Mapping[str, str], overrides: Mapping[str, Any]) -> Config:
    """The configuration; later sources win. Raises `ConfigError` for what cannot be read or is not known."""
    merged: dict[str, Any] = {}
    for source in (_from_file(file), _from_environ(environ), dict(overrides)):
        merged = _merge(merged, source)
    try:
        return _measured(Config.model_validate(merged))
    except ValidationError as error:
        raise _translated(error) from error


def _measured(config: Config) -> Config:
    """The shipped weight of the rerank holds for embedded models that were measured to help; others have none."""
    model = load_manifest().get(config.llm.model) if config.llm.provider in ("auto", "embedded") else None
    if model is None or model.reranks or "weight_wish" in config.rerank.model_fields_set:
        return config
    return config.model_copy(update={"rerank": config.rerank.model_copy(update={"weight_wish": 0.0})})


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"configuration file {file}",
            expected="a readable TOML file",
            found=error.strerror or str(error),
            remedy="correct the path after --config",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"configuration file {file}", expected="valid TOML in UTF-8", found=str(error), remedy="correct that line"
        ) from error


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    """Nested values of the variables that start with the prefix; text is parsed as TOML where a field is no string."""
    found: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        *sections, key = variable.removeprefix(PREFIX).lower().split("__")
        nested: dict[str, Any] = {key: _value(text)}
        for section in reversed(sections):
            nested = {section: nested}
        found = _merge(found, nested)
    return found


def _value(text: str) -> Any:
    """Tables and arrays are written as in TOML; all else stays text, which pydantic converts to the field's type."""
    if text.startswith(("{", "[")):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _translated(error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    if first["type"] == "extra_forbidden":
        known = ", ".join(_keys_beside(first["loc"]))
        return ConfigError(
            f"unknown setting {where}", expected=f"one of {known}", found=repr(where), remedy="see docs/config.md"
        )
    return ConfigError(
        f"setting {where}",
        expected=first["msg"].removeprefix("Input should be ").removeprefix("Value error, "),
        found=repr(first.get("input"))[:80],
        remedy="correct it in the --config file or the environment; docs/config.md lists every setting",
    )


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    section: type[BaseModel] = Config
    for part in location[:-1]:
        annotation = section.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        section = annotation
    return sorted(section.model_fields)
