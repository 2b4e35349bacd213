"""Tables of named parts (legs, rerankers, sources ...), and the plugins that add to them.

A part is registered by a function `register()` that calls `add` of its table. Shortlist's own parts are the modules of
a package with such a function; those of a plugin are behind an entry point of the group `shortlist.plugins`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from shortlist.core.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint  # takes as long to import as `shortlist --help`

GROUP = "shortlist.plugins"
SHORTLIST = "shortlist"  # the origin of Shortlist's own parts

T = TypeVar("T")

log = logging.getLogger(__name__)

_LOCK = RLock()


@dataclass(slots=True)
class Plugin:
    """An installed plugin: its entry point, and the distribution that it is from.

    `error` says why it is not loaded, `parts` are those that it added: the table and the name of each.
    """

    name: str
    distribution: str = ""
    version: str = ""
    entry: str = ""
    error: str | None = None
    parts: list[tuple[Table[Any], str]] = field(default_factory=list)

    @property
    def document(self) -> dict[str, Any]:
        """The plugin as JSON; `parts` has names by kind."""
        parts: dict[str, list[str]] = {}
        for table, name in self.parts:
            parts.setdefault(table.kind, []).append(name)
        return {
            "name": self.name, "version": self.version, "distribution": self.distribution, "entry_point": self.entry,
            "parts": parts, "error": self.error,
        }  # fmt: skip


_registering: ContextVar[Plugin | None] = ContextVar("registering", default=None)


class Table(Mapping[str, T]):
    """The parts of one `kind` by name: Shortlist's own in the order of their modules, then those of plugins.

    `places` are modules, and packages whose modules are meant. They are imported at the first read, as are the plugins.
    Thread-safe.
    """

    def __init__(self, kind: str, *places: str) -> None:
        self.kind = kind
        self._places = places
        self._parts: dict[str, T] = {}
        self._origins: dict[str, str] = {}

    def add(self, name: str, part: T) -> None:
        """Add `part` as `name`. Raises `ConfigError` if another part has that name."""
        plugin = _registering.get()
        origin = SHORTLIST if plugin is None else plugin.name
        if plugin is not None:
            _ = self._own  # a plugin never takes the name of one of Shortlist's own parts
        if name in self._parts:
            raise ConfigError(
                f"two parts are named {name!r}", expected=f"one {self.kind} of this name",
                found=f"one of {self._origins[name]} and one of {origin}", remedy="uninstall one of them",
            )  # fmt: skip
        self._parts[name], self._origins[name] = part, origin
        if plugin is not None:
            plugin.parts.append((self, name))

    def remove(self, name: str) -> None:
        """Remove the part `name`. Raises `KeyError` if there is none."""
        del self._parts[name], self._origins[name]

    def origin(self, name: str) -> str:
        """Return the name of the plugin that added the part `name`. Raises `ConfigError` for an unknown name."""
        _ = self[name]
        return self._origins[name]

    def __getitem__(self, name: str) -> T:
        """Return the part `name`. Raises `ConfigError` for an unknown name."""
        parts = self._all
        if name not in parts:
            raise ConfigError(
                f"unknown {self.kind}", expected=f"one of {', '.join(parts)}", found=repr(name),
                remedy=f"correct the name of the {self.kind}, or install the plugin that has it",
            )  # fmt: skip
        return parts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def _all(self) -> dict[str, T]:
        with _LOCK:
            _ = self._own
            PLUGINS.load()
        return self._parts

    @cached_property
    def _own(self) -> None:
        """Register Shortlist's own parts once."""
        token = _registering.set(None)
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


class Plugins:
    """The plugins of this process. None is loaded before `choose`, and then by the first table that is read."""

    def __init__(self) -> None:
        self.loaded: dict[str, Plugin] = {}
        self.named_only = False  # True in servers: only plugins that the configuration names run there
        self._chosen: Collection[str] | None = ()
        self._pending = False

    def choose(self, names: Collection[str] | None) -> None:
        """Load the plugins with these names; with None all that are installed, or none if `named_only`.

        Those loaded before stay.
        """
        with _LOCK:
            self._chosen = () if names is None and self.named_only else names
            self._pending = self._chosen is None or bool(set(self._chosen) - self.loaded.keys())

    def load(self) -> None:
        """Load the chosen plugins. One that fails is a warning; the parts that it had added are removed."""
        with _LOCK:
            if not self._pending:
                return
            self._pending = False
            for name, entry in installed().items():
                if name not in self.loaded and (self._chosen is None or name in self._chosen):
                    self.loaded[name] = _load(entry)
            for name in sorted(set(self._chosen or ()) - self.loaded.keys()):
                self.loaded[name] = Plugin(name, error="it is not installed")
                log.warning("the plugin %s is named in the configuration, but it is not installed", name)

    @property
    def identity(self) -> list[str]:
        """Name and version of each plugin that is in use: part of what results depend on."""
        self.load()
        return sorted(f"{one.name} {one.version}" for one in self.loaded.values() if one.error is None)


def installed() -> dict[str, EntryPoint]:
    """Return the entry points of all installed plugins by name, sorted."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name)}


def describe(entry: EntryPoint) -> Plugin:
    """Return the plugin of an entry point, which is not loaded."""
    distribution, version = (entry.dist.name, entry.dist.version) if entry.dist else ("", "")
    return Plugin(entry.name, distribution, version, entry.value)


def _load(entry: EntryPoint) -> Plugin:
    plugin = describe(entry)
    token = _registering.set(plugin)
    try:
        entry.load()()
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything
        for table, name in plugin.parts:
            table.remove(name)
        plugin.parts.clear()
        plugin.error = str(error) or type(error).__name__
        log.warning("the plugin %s (%s %s) was not loaded: %s", entry.name, plugin.distribution, plugin.version, error)
    finally:
        _registering.reset(token)
    return plugin


PLUGINS = Plugins()
