"""Recommend short videos to people from what they read and watch, with a local language model.

    import shortlist

    with shortlist.open("chroma_db") as home:
        for item in home.recommend("user_123", k=5, about="something about the Moon").recommendations:
            print(item.rank, item.video.title, item.reason)

Importing this package is quick: models and databases are loaded by `open` and the methods that need them.
It switches off the telemetry of the libraries below, unless the environment says otherwise (docs/security.md).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shortlist.core.telemetry import TELEMETRY_OFF

if TYPE_CHECKING:
    from shortlist.core.ranking import Filters as Filters
    from shortlist.home import Home as Home

__all__ = ["Filters", "Home", "open"]

for _name, _value in TELEMETRY_OFF.items():
    os.environ.setdefault(_name, _value)


def open(  # noqa: A001 - like gzip.open, it is called as shortlist.open
    path: str | Path | None = None,
    *,
    create: bool = False,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Home:
    """Open the home in the folder `path`, or create one there with `create`.

    Without `path`, `open` uses `SHORTLIST_HOME`, then `chroma_db/` in the current folder, then the user's data folder,
    like the command line. `config` is a TOML file (default: `shortlist.toml` in the current folder or the user's
    configuration folder). `settings`, nested as in that file, override it: `{"llm": {"model": "smollm2-135m"}}`.

    Raises `shortlist.errors.ConfigError` for a wrong setting and `shortlist.errors.StateError` for a home that
    cannot be used: missing without `create`, damaged, or made by another encoder or a newer version.
    """
    from shortlist.home import open_home

    return open_home(path, create=create, config=config, settings=settings or {})


def __getattr__(name: str) -> Any:
    """Import `Home` and `Filters` when they are first used, to keep the import of this package quick."""
    if name == "Home":
        from shortlist.home import Home

        return Home
    if name == "Filters":
        from shortlist.core.ranking import Filters

        return Filters
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
