"""`shortlist config`: show every setting, its value and the source of the value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.app.settings import settings_of
from shortlist.ingest.media.redact import redacted

COMMENT_COLUMN = 56
MASK = "*" * 10  # how pydantic writes a secret


@command()
def config(call: Call) -> None:
    """Show every setting, its value and its source: default, file, environment variable or command line.

    The output is a valid TOML file for --config. Secrets are hidden.

    Example: shortlist config --json
    """
    found = call.settings_with_origins()
    document = found.config.model_dump(mode="json")
    plain = {name: _at(name, document) for name, _ in settings_of(found.config)}
    shown = {name: redacted(value) if isinstance(value, str) else value for name, value in plain.items()}
    if call.as_json:
        print_json({name: {"value": value, "origin": found.origins[name]} for name, value in shown.items()})
        return
    for name, value in shown.items():
        # Comment the line out, so that a masked password is never read back as a real one.
        hidden = "# " if value in (MASK, None) or value != plain[name] else ""
        line = f"{hidden}{name} = {'unset' if value is None else _toml(value)}"
        say(f"{line:<{COMMENT_COLUMN}}  # {found.origins[name]}")


def _at(name: str, plain: Mapping[str, Any]) -> Any:
    found: Any = plain
    for key in name.split("."):
        found = found[key]
    return found


def _toml(value: Any) -> str:
    """Format a JSON value as TOML."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
