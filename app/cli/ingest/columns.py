"""The options `--map` and `--set`: columns of a table that have other names, or are missing."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

import typer

from shortlist.core.errors import UsageError
from shortlist.ingest.tables.rows import ColumnOptions

Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map", help="A column of yours for one of ours: title='Video Title'. Repeat it.", metavar="OURS=YOURS"
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="A value of ours in every row: user_id=me. Repeat it.", metavar="OURS=VALUE"),
]


class DateOrder(Enum):
    """What comes first in a date."""

    DAY = "day"
    MONTH = "month"

    @property
    def day_first(self) -> bool:
        """True for the day."""
        return self is DateOrder.DAY


Dates = Annotated[
    DateOrder | None,
    typer.Option("--dates", help="What comes first in dates such as 11/10/2026, if nothing settles it."),
]


def options_of(
    maps: Sequence[str] | None, constants: Sequence[str] | None, dates: DateOrder | None = None
) -> ColumnOptions:
    """Parse the values of `--map` and `--set`. Raises `UsageError` for one without an equals sign."""
    return ColumnOptions(
        _pairs("--map", "OURS=YOURS", "title='Video Title'", maps),
        _pairs("--set", "OURS=VALUE", "user_id=me", constants),
        None if dates is None else dates.day_first,
    )


def _pairs(option: str, expected: str, example: str, texts: Sequence[str] | None) -> dict[str, str]:
    pairs = {}
    for text in texts or ():
        ours, _, value = text.partition("=")
        if not (ours and value):
            raise UsageError(f"bad {option}", expected=expected, found=text, remedy=f"{option} {example}")
        pairs[ours.strip()] = value
    return pairs
