"""Print failures as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shortlist.core.display import printable

SHOWN = 20
UNBROKEN = 100_000  # columns without a terminal: each failure stays on one line, for grep


def print_failures(failures: Sequence[tuple[str, str]], *, err: bool = True) -> None:
    """Print (item, reason) pairs as a table: the first twenty and the number of the others. Does nothing for none."""
    if not failures:
        return
    console = Console(stderr=err)
    if not console.is_terminal:
        console.width = UNBROKEN
    table = Table("failed", "why", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for what, why in failures[:SHOWN]:
        table.add_row(Text(printable(what)), Text(printable(why)))
    console.print(table)
    if len(failures) > SHOWN:
        console.print(f"and {len(failures) - SHOWN:,} more; --json lists them all", highlight=False)
