"""Commands that import their module when they are called, so that `shortlist --help` answers at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from shortlist.app.cli.commands import FEEDS, FRONT, GROUPS, Entry, refuse_old_name
from shortlist.core.errors import ServiceError


class LazyCommand(TyperCommand):
    """A command that is listed by its table entry, and imported when it is parsed."""

    def __init__(self, name: str, entry: Entry, extra: str = "") -> None:
        super().__init__(name, short_help=entry.help, rich_markup_mode=None)
        self._entry = entry
        self._extra = entry.extra or extra

    def load(self) -> TyperCommand | TyperGroup:
        """Import the module of the command, and build its parser. Raises `ServiceError` if its extra is missing."""
        module, _, function = self._entry.function.partition(":")
        try:
            called = getattr(import_module(f"shortlist.app.cli.{module}"), function)
        except ModuleNotFoundError as error:
            if not self._extra:
                raise
            raise ServiceError(
                f"`{self.name}` needs more packages", expected=str(error.name), found="none",
                remedy=f"run `pip install 'shortlist[{self._extra}]'`",
            ) from error  # fmt: skip
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        if self._entry.commands:
            app.callback(invoke_without_command=True)(called)
        else:
            app.command(self.name)(called)
        loaded: Any = typer.main.get_command(app)
        for command in lazy_commands(self._entry.commands, self._extra).values():
            loaded.add_command(command)
        return loaded  # type: ignore[no-any-return]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments with the parser of the function; the context is that of the loaded command."""
        return self.load().make_context(info_name, args, parent, **extra)


class DefaultGroup(TyperGroup):
    """A group whose command `default` may be left out: `shortlist import FILE` is `shortlist import from FILE`."""

    default = ""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Add the default command where the first word is no command."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


class Root(TyperGroup):
    """`shortlist` itself: it lists the commands of every day, the groups, and feeds. Old names give the new ones."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the lists of commands."""
        width = max(map(len, self.commands))
        for title, names in (("Commands", FRONT), ("Groups", GROUPS), ("Feeds", FEEDS)):
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), self.commands[name].get_short_help_str()) for name in names])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command. Raises `UsageError` for an old name."""
        if not ctx.resilient_parsing:
            refuse_old_name(args[0])
        return super().resolve_command(ctx, args)


def lazy_commands(commands: Mapping[str, Entry], extra: str = "") -> dict[str, Any]:
    """Return the commands and groups of a table by name. `extra` is the extra that their modules import."""
    return {name: _lazy(name, entry, extra) for name, entry in commands.items()}


def _lazy(name: str, entry: Entry, extra: str) -> Any:
    if entry.function:
        return LazyCommand(name, entry, extra)
    group = DefaultGroup if entry.default else TyperGroup
    made = group(
        name=name, help=entry.help, short_help=entry.help, commands=lazy_commands(entry.commands, entry.extra or extra),
        no_args_is_help=True, rich_markup_mode=None,
    )  # fmt: skip
    if isinstance(made, DefaultGroup):
        made.default = entry.default
    return made
