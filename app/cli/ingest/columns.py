"""The options `--map` and `--set`: columns of a table that have other names, or are missing."""

from __future__ import annotations

from collections.abc import Sequence
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


def options_of(maps: Sequence[str] | None, constants: Sequence[str] | None) -> ColumnOptions:
    """Parse the values of `--map` and `--set`. Raises `UsageError` for one without an equals sign."""
    return ColumnOptions(
        _pairs("--map", "OURS=YOURS", "title='Video Title'", maps),
        _pairs("--set", "OURS=VALUE", "user_id=me", constants),
    )


def _pairs(option: str, expected: str, example: str, texts: Sequence[str] | None) -> dict[str, str]:
    pairs = {}
    for text in texts or ():
        ours, _, value = text.partition("=")
        if not (ours and value):
            raise UsageError(f"bad {option}", expected=expected, found=text, remedy=f"{option} {example}")
        pairs[ours.strip()] = value
    return pairs
