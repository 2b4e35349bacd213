"""The option `--map`: columns of a table that have other names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from shortlist.core.errors import UsageError

Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map", help="A column of yours for one of ours: title='Video Title'. Repeat it.", metavar="OURS=YOURS"
    ),
]


def mapping_of(pairs: Sequence[str] | None) -> dict[str, str]:
    """Parse the values of `--map`. Raises `UsageError` for one without an equals sign."""
    split = [pair.partition("=") for pair in pairs or ()]
    for ours, equals, yours in split:
        if not (ours and equals and yours):
            found = f"{ours}{equals}{yours}"
            raise UsageError("bad --map", expected="OURS=YOURS", found=found, remedy="--map title='Video Title'")
    return {ours.strip(): yours for ours, _, yours in split}
