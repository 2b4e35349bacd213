"""The frame of a command: the options `--json`, `--home` and `--config`, its settings, and its open home."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import typer

from shortlist.app.cli.terminal.options import AsJson, ConfigFile, HomeDir
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.app.settings import Settings, find_settings
from shortlist.core import log
from shortlist.core.config import Config
from shortlist.core.errors import UsageError

if TYPE_CHECKING:
    from shortlist.engine.engine import Engine
    from shortlist.store.home import Home

Function = Callable[..., None]


@dataclass(frozen=True)
class Call:
    """One call of a command: the values of the options that all commands share, and what is opened with them."""

    home: Path | None
    config_file: Path | None
    as_json: bool
    name: str

    @cached_property
    def config(self) -> Config:
        """The configuration. Logging is configured when it is read."""
        return self.settings()

    def settings(self, **overrides: Any) -> Config:
        """Read the configuration with `overrides` from the command line, nested by section as in the file."""
        config = self.settings_with_origins(**overrides).config
        log.configure(config.log_level)
        return config

    def settings_with_origins(self, **overrides: Any) -> Settings:
        """Read the configuration with the origin of every value."""
        return find_settings(self.config_file, {**overrides, **({"home": self.home} if self.home else {})})

    def show(self, document: Any, lines: Iterable[str]) -> None:
        """Print `document` with `--json`, else `lines`."""
        if self.as_json:
            print_json(document)
        else:
            for line in lines:
                say(line)

    def open_home(self, *, any_encoder: bool = False) -> Home:
        """Open the home. Raises as `engine.build.open_home`."""
        from shortlist.engine.build import open_home

        return open_home(self.config, any_encoder=any_encoder)

    def open_engine(self, *, own_process: bool = False) -> Engine:
        """Open the home with an engine. Raises as `engine.engine.open_engine`."""
        from shortlist.engine.engine import open_engine

        return open_engine(self.config, own_process=own_process)


def command(*, json: bool = True) -> Callable[[Function], Function]:
    """Return a decorator that replaces the parameter `call` of a function by the options that all commands share.

    `--home` and `--config` may also be given before the command's name; after it they win. Without `json` there is no
    `--json`. The function of a group is not called if a subcommand is.
    """

    def decorate(function: Function) -> Function:
        hints = get_type_hints(function, include_extras=True)
        own = [
            one.replace(annotation=hints[one.name])
            for one in inspect.signature(function).parameters.values()
            if one.name != "call"
        ]
        shared: dict[str, Any] = {**({"as_json": AsJson} if json else {}), "home": HomeDir, "config": ConfigFile}
        defaults = {"as_json": False, "home": None, "config": None}

        @wraps(function)
        def run(context: typer.Context, **values: Any) -> None:
            given = {name: values.pop(name) for name in shared}
            before = context.find_root().obj or {}
            home, config = given["home"] or before.get("home"), given["config"] or before.get("config")
            if context.invoked_subcommand is None:
                function(Call(home, config, given.get("as_json", False), str(context.info_name)), **values)
            else:
                _refuse_others(context, {**values, "json": given.get("as_json")})
                context.find_root().obj = {"home": home, "config": config}

        made: Any = run
        parameters = [
            inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
            *own,
            *(
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=annotation)
                for name, annotation in shared.items()
            ),
        ]
        made.__signature__ = inspect.Signature(parameters)
        made.__annotations__ = {one.name: one.annotation for one in parameters}
        return run

    return decorate


def _refuse_others(context: typer.Context, values: dict[str, Any]) -> None:
    """Raise `UsageError` for an option of a group before the name of a subcommand, which would not see it."""
    given = [f"--{name}" for name, value in values.items() if value]
    if given:
        raise UsageError(
            f"{given[0]} before the subcommand", expected=f"it after `{context.invoked_subcommand}`",
            found=f"it after `{context.info_name}`", remedy="move it to the end",
        )  # fmt: skip


def open_or_create(config: Config) -> Home:
    """Open the home of `config`, or create it and say so on stderr."""
    from shortlist.engine.build import open_home

    home = open_home(config, create=True)
    if home.created:
        say(f"created a home at {home.location}", err=True)
    return home
