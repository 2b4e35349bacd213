"""The options for conditions on videos: one for each field of `Filters`, whose declaration has their help."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from shortlist.core.errors import UsageError
from shortlist.core.filter_fields import FilterField, with_filters


def filter_option(field: FilterField) -> Any:
    """Return the annotation of the option for a condition."""
    name = f"--{field.name.replace('_', '-')}"
    word = field.name.removeprefix("not_").upper()
    seconds = typer.Option(name, help=field.description, metavar="S")
    one = typer.Option(name, help=field.description, metavar=word)
    many = typer.Option(name, help=f"{field.description} Can be repeated.", metavar=word)
    moment = typer.Option(name, help=field.description, metavar="DATE", parser=moment_parser(name))
    return {
        "seconds": Annotated[float | None, seconds], "name": Annotated[str | None, one],
        "names": Annotated[list[str] | None, many], "moment": Annotated[datetime | None, moment],
        "flag": Annotated[bool, typer.Option(name, help=field.description)],
    }[field.kind]  # fmt: skip


def moment_parser(option: str) -> Callable[[str], datetime]:
    """Return a function that parses the date or time of `option`. It raises `UsageError` for another text."""

    def parse(text: str) -> datetime:
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            raise UsageError(
                f"bad {option}", expected="a date as 2026-11-01", found=repr(text), remedy="correct the date"
            ) from error

    return parse


with_filter_options = with_filters(filter_option)
