"""Where settings come from: the home that is found, a TOML file, environment variables, the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

from shortlist.core.errors import ConfigError
from shortlist.store.files import is_home

APP = "shortlist"
HOME_FOLDER = "chroma_db"
PAGE = "README.md"  # all that chroma_db/ holds in a fresh checkout of the repository
CONFIG_FILE = "shortlist.toml"
PREFIX = "SHORTLIST_"
# The folder of the private test data, which is read elsewhere: not a setting of the product.
NOT_SETTINGS = frozenset({"SHORTLIST_BENCH_DATA"})


@dataclass(frozen=True, slots=True)
class Source:
    """Settings nested by section, and the name of the place they were read from."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


def find_home(folder: Path = Path()) -> Source:
    """The home that is used unless another is named: `chroma_db/` in `folder`, else the user's data folder.

    `chroma_db/` counts if it is a home or still empty. A folder of that name with other content, such as another
    program's Chroma database, does not.
    """
    local = folder / HOME_FOLDER
    if local.is_dir() and (is_home(local) or {entry.name for entry in local.iterdir()} <= {PAGE}):
        return Source(f"default: {HOME_FOLDER} in the current folder", {"home": local})
    return Source("default: the user's data folder", {"home": user_data_path(APP, appauthor=False)})


def find_config_file(folder: Path = Path()) -> Path | None:
    """The configuration file that is read unless another is named: `shortlist.toml` in `folder`, else the user's."""
    candidates = (folder / CONFIG_FILE, user_config_path(APP, appauthor=False) / CONFIG_FILE)
    return next((path for path in candidates if path.is_file()), None)


def from_file(file: Path) -> Source:
    """The settings of a TOML file. Raises `ConfigError` for one that cannot be read."""
    try:
        return Source(f"file {file}", tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise ConfigError(
            f"configuration file {file}",
            expected="a readable TOML file",
            found=error.strerror or str(error),
            remedy="correct the path after --config, or the file's permissions",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"configuration file {file}", expected="valid TOML in UTF-8", found=str(error), remedy="correct that line"
        ) from error


def from_environ(environ: Mapping[str, str]) -> list[Source]:
    """One source for each variable that starts with the prefix: `SHORTLIST_LLM__THREADS` is `llm.threads`."""
    found = []
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        *sections, key = variable.removeprefix(PREFIX).lower().split("__")
        values: dict[str, Any] = {key: _value(text)}
        for section in reversed(sections):
            values = {section: values}
        found.append(Source(f"environment variable {variable}", values))
    return found


def _value(text: str) -> Any:
    """Tables and arrays are written as in TOML; all else stays text, which pydantic converts to the field's type."""
    if text.startswith(("{", "[")):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text
