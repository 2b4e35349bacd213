"""Tables of named parts (legs, rerankers, sources ...), and the plugins that add to them.

A part is registered by a function `register()` that calls `add` of its table. Shortlist's own parts are the modules of
a package with such a function; those of a plugin are behind an entry point of the group `shortlist.plugins`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from itertools import chain
from pkgutil import iter_modules
from typing import TypeVar

from shortlist.core.errors import ConfigError

GROUP = "shortlist.plugins"
SHORTLIST = "shortlist"  # the origin of Shortlist's own parts

T = TypeVar("T")

log = logging.getLogger(__name__)

_registering: ContextVar[str] = ContextVar("registering", default=SHORTLIST)


class Table(Mapping[str, T]):
    """The parts of one `kind` by name: Shortlist's own in the order of their modules, then those of plugins.

    `places` are modules, and packages whose modules are meant. They are imported at the first read.
    """

    def __init__(self, kind: str, *places: str) -> None:
        self.kind = kind
        self._places = places
        self._added: dict[str, T] = {}
        self._origins: dict[str, str] = {}

    def add(self, name: str, part: T) -> None:
        """Add `part` as `name`. Raises `ConfigError` if another part has that name."""
        origin = _registering.get()
        if origin != SHORTLIST:
            _ = self._own  # a plugin never takes the name of one of Shortlist's own parts
        if name in self._added:
            raise ConfigError(
                f"two parts are named {name!r}", expected=f"one {self.kind} of this name",
                found=f"one of {self._origins[name]} and one of {origin}", remedy="uninstall one of them",
            )  # fmt: skip
        self._added[name], self._origins[name] = part, origin

    def origin(self, name: str) -> str:
        """Return the name of the plugin that added the part `name`. Raises `ConfigError` for an unknown name."""
        _ = self[name]
        return self._origins[name]

    def __getitem__(self, name: str) -> T:
        """Return the part `name`. Raises `ConfigError` for an unknown name."""
        parts = self._parts
        if name not in parts:
            raise ConfigError(
                f"unknown {self.kind}", expected=f"one of {', '.join(parts)}", found=repr(name),
                remedy=f"correct the name of the {self.kind}, or install the plugin that has it",
            )  # fmt: skip
        return parts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def _parts(self) -> dict[str, T]:
        _ = self._own
        return self._added

    @cached_property
    def _own(self) -> None:
        """Register Shortlist's own parts once."""
        token = _registering.set(SHORTLIST)
        try:
            for name in chain.from_iterable(map(_modules, self._places)):
                register = getattr(import_module(name), "register", None)
                if register is not None:
                    register()
        finally:
            _registering.reset(token)


def _modules(place: str) -> list[str]:
    """Return the names of the modules of the package `place`, sorted; `place` itself if it is a module."""
    path = getattr(import_module(place), "__path__", None)
    return [place] if path is None else sorted(f"{place}.{module.name}" for module in iter_modules(path))


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installed plugin: its name, the distribution and version it is from, and why it could not be loaded."""

    name: str
    distribution: str
    version: str
    error: str | None = None


class Plugins:
    """The plugins of this process."""

    def __init__(self) -> None:
        self.loaded: dict[str, Plugin] = {}

    def load(self, names: Collection[str] | None = None) -> None:
        """Load the plugins with these names, or all that are installed; those loaded before are left as they are.

        A plugin that fails is logged as one warning, and the others are loaded.
        """
        for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
            if entry.name not in self.loaded and (names is None or entry.name in names):
                self.loaded[entry.name] = _load(entry)


def _load(entry: EntryPoint) -> Plugin:
    distribution = entry.dist.name if entry.dist else "?"
    version = entry.dist.version if entry.dist else "?"
    token = _registering.set(entry.name)
    try:
        entry.load()()
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything
        log.warning("the plugin %s (%s %s) was not loaded: %s", entry.name, distribution, version, error)
        return Plugin(entry.name, distribution, version, str(error) or type(error).__name__)
    finally:
        _registering.reset(token)
    return Plugin(entry.name, distribution, version)


PLUGINS = Plugins()
