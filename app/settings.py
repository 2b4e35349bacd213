"""Merge settings into one configuration: defaults, a TOML file, environment variables, the command line.

Later sources win. `SHORTLIST_LLM__THREADS` sets `llm.threads`; `SHORTLIST_HOME` sets `home`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from shortlist.app.settings_sources import Source, find_config_file, find_home, from_environ, from_file
from shortlist.core.config import Config
from shortlist.core.errors import ConfigError
from shortlist.core.plugins import PLUGINS
from shortlist.models.weights.manifest import load_manifest

DEFAULT = "default"
COMMAND_LINE = "command line"
WEIGHT_WISH = "rerank.weight_wish"


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration, and for each setting ("llm.threads") the name of the source of its value."""

    config: Config
    origins: Mapping[str, str]


def load_settings(file: Path | None, environ: Mapping[str, str], overrides: Mapping[str, Any]) -> Config:
    """Return the configuration of these sources. Raises `ConfigError` for an unreadable file or unknown setting."""
    return read_settings(file, environ, overrides).config


def find_settings(file: Path | None, overrides: Mapping[str, Any]) -> Settings:
    """Read the settings of this process from `file` (or the default file), its environment and `overrides`."""
    return read_settings(file or find_config_file(), os.environ, overrides)


def read_settings(file: Path | None, environ: Mapping[str, str], overrides: Mapping[str, Any]) -> Settings:
    """Read the settings with the origin of each, and choose the plugins. Raises `ConfigError`, as `load_settings`."""
    files = [from_file(file)] if file is not None else []
    sources = [*files, *from_environ(environ), Source(COMMAND_LINE, overrides)]
    if not any("home" in source.values for source in sources):
        sources.insert(0, find_home())
    merged: dict[str, Any] = {}
    for source in sources:
        merged = _merge(merged, source.values)
    PLUGINS.choose(_names(merged.get("plugins")))
    try:
        config = Config.model_validate(merged)
    except ValidationError as error:
        raise _config_error(error) from error
    origins = {name: _origin(name.split("."), sources) for name, _ in settings_of(config)}
    if not _reranks(config):
        origins[WEIGHT_WISH] = f"{DEFAULT} of the model {config.llm.model}"
        config = config.model_copy(update={"rerank": config.rerank.model_copy(update={"weight_wish": 0.0})})
    return Settings(config, origins)


def _names(plugins: Any) -> list[str] | None:
    """Return the names of `plugins`, which is not validated yet; none for what is not a list of names."""
    return plugins if plugins is None else [name for name in plugins if isinstance(name, str)]


def settings_of(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the name and value of every setting, depth first: ("llm.threads", 2)."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from settings_of(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _origin(path: Sequence[str], sources: Sequence[Source]) -> str:
    """Return the last source that sets `path`. For a table, whose keys may come from several, return all of them."""
    found = [(source.name, value) for source in sources if (value := _at(path, source.values)) is not None]
    if not found:
        return DEFAULT
    if isinstance(found[-1][1], Mapping):
        return ", ".join(name for name, _ in found)
    return found[-1][0]


def _at(path: Sequence[str], values: Mapping[str, Any]) -> Any:
    found: Any = values
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _reranks(config: Config) -> bool:
    """Return whether the default rerank weight applies. It does not for embedded models measured not to help."""
    model = load_manifest().get(config.llm.model) if config.llm.provider in ("auto", "embedded") else None
    return model is None or model.reranks or "weight_wish" in config.rerank.model_fields_set


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _config_error(error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    if first["type"] == "extra_forbidden":
        known = ", ".join(_known_keys(first["loc"]))
        return ConfigError(
            f"unknown setting {where}", expected=f"one of {known}", found=repr(where), remedy="see docs/config.md"
        )
    return ConfigError(
        f"setting {where}",
        expected=first["msg"].removeprefix("Input should be ").removeprefix("Value error, "),
        found=repr(first.get("input"))[:80],
        remedy="correct it in the --config file or the environment; docs/config.md lists every setting",
    )


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """Return the settings of the section that holds `location`."""
    section: type[BaseModel] = Config
    for part in location[:-1]:
        annotation = section.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        section = annotation
    return sorted(section.model_fields)
