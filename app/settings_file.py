"""Change some settings of a configuration file. Comments and everything else in it stay."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from shortlist.app.settings_sources import CONFIG_FILE, find_config_file, from_file
from shortlist.core.errors import ConfigError


def config_file_to_write(given: Path | None) -> Path:
    """Return `given`, else the configuration file in use, else `shortlist.toml` of the current folder."""
    return given or find_config_file() or Path(CONFIG_FILE)


def write_settings(file: Path, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Set `changes`, values by section and key, in `file`, all or nothing. It is created if it does not exist.

    Raises `ConfigError` if it cannot be read or written.
    """
    if file.exists():
        from_file(file)  # raises with the reason
    try:
        document = tomlkit.parse(file.read_text("utf-8-sig")) if file.exists() else tomlkit.document()
        for section, values in changes.items():
            table = document.setdefault(section, tomlkit.table())
            for key, value in values.items():
                table.pop(key, None)
                if value is not None:  # else the default, which TOML cannot write
                    table[key] = value
        partial = file.with_name(f".{file.name}.partial")
        partial.write_text(tomlkit.dumps(document), "utf-8")
        partial.replace(file)
    except (OSError, TOMLKitError) as error:
        raise ConfigError(
            f"cannot write {file}", expected="a TOML file", found=str(error), remedy="choose another --out"
        ) from error
