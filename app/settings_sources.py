"""Read settings from their sources: the default home, a TOML file and environment variables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

from shortlist.core.errors import ConfigError
from shortlist.store.home_files import is_home

APP = "shortlist"
HOME_FOLDER = "chroma_db"
PLACEHOLDER = "README.md"  # the only file of chroma_db/ in a fresh checkout of the repository
CONFIG_FILE = "shortlist.toml"
PREFIX = "SHORTLIST_"
# The folder of the test data: read by the tests, not a setting.
NOT_SETTINGS = frozenset({"SHORTLIST_BENCH_DATA"})


@dataclass(frozen=True, slots=True)
class Source:
    """Settings nested by section, and the name of their source."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


def find_home(folder: Path = Path()) -> Source:
    """Return the default home: `chroma_db/` in `folder` if it is a home or empty, else the user's data folder.

    A `chroma_db/` with other content, such as another program's Chroma database, is ignored.
    """
    local = folder / HOME_FOLDER
    if local.is_dir() and (is_home(local) or {entry.name for entry in local.iterdir()} <= {PLACEHOLDER}):
        return Source(f"default: {HOME_FOLDER} in the current folder", {"home": local})
    return Source("default: the user's data folder", {"home": user_data_path(APP, appauthor=False)})


def find_config_file(folder: Path = Path()) -> Path | None:
    """Return the default configuration file: `shortlist.toml` in `folder` or in the user's folder; None without one."""
    candidates = (folder / CONFIG_FILE, user_config_path(APP, appauthor=False) / CONFIG_FILE)
    return next((path for path in candidates if path.is_file()), None)


def from_file(file: Path) -> Source:
    """Read a TOML file. Raises `ConfigError` if it cannot be read."""
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
    """Return a source for each variable that begins with SHORTLIST_: `SHORTLIST_LLM__THREADS` is `llm.threads`."""
    sources = []
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        *sections, key = variable.removeprefix(PREFIX).lower().split("__")
        values: dict[str, Any] = {key: _value(text)}
        for section in reversed(sections):
            values = {section: values}
        sources.append(Source(f"environment variable {variable}", values))
    return sources


def _value(text: str) -> Any:
    """Parse a table or an array as TOML. Anything else stays text, which pydantic converts to the field's type."""
    if text.startswith(("{", "[")):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text
