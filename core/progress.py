"""Progress bars, as functions that callers pass in."""

from __future__ import annotations

from collections.abc import Callable

# Advance a bar by a number of items.
Bar = Callable[[int], None]
# Start a bar with a label and a total number of items.
Bars = Callable[[str, int], Bar]


def no_bars(label: str, total: int) -> Bar:
    """Show no progress."""
    return lambda done: None
