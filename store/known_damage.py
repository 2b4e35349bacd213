"""Damage that a check has found and nobody has repaired, in a small file of the home, so that answers can say so."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from shortlist.store.home_files import DAMAGE

log = logging.getLogger(__name__)


def remember(home: Path, found: Mapping[str, str]) -> None:
    """Replace what is known by `found`, the damage by the name of what is damaged. Without any, delete the file.

    A home that cannot be written stays as it is.
    """
    path = home / DAMAGE
    try:
        if found:
            fresh = path.with_name(f"{DAMAGE}.new")
            fresh.write_text(json.dumps(dict(found), indent=1) + "\n", encoding="utf-8")
            fresh.chmod(0o600)
            fresh.replace(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.info("cannot write the list of known damage: %s", error)


def known(home: Path) -> dict[str, str]:
    """Return the known damage by the name of what is damaged; nothing if the file itself is damaged."""
    with suppress(OSError, ValueError):
        found = json.loads((home / DAMAGE).read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return {str(name): str(problem) for name, problem in found.items()}
    return {}
