"""`shortlist reader replay`: repeat a recorded answer, or say what has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.replay import Replay
from shortlist.app.replay import replay as repeat

DIFFERENT = 1


@command()
def replay(
    call: Call, request_id: Annotated[str, typer.Argument(help="The request_id of an answer.", metavar="REQUEST_ID")]
) -> None:
    """Answer a recorded request again: the same list, score by score, or what has changed since.

    The exit code is 1 if the lists differ.

    Example: shortlist reader replay REQUEST_ID
    """
    with call.open_home() as store:
        found = repeat(store, call.config, request_id)
    call.show(found.document, _lines(found))
    if not found.same:
        raise typer.Exit(DIFFERENT)


def _lines(found: Replay) -> Iterator[str]:
    exposure = found.exposure
    yield f"{exposure.request.user_id}, {exposure.at:%Y-%m-%d %H:%M} UTC: {len(exposure.items)} videos"
    if found.same:
        yield "the same list, score by score"
    else:
        for rank, (then, now) in enumerate(zip_longest(exposure.items, found.now), start=1):
            names = [one.item_id if one else "-" for one in (then, now)]
            yield f"{rank:>3}. {names[0]}" + ("" if names[0] == names[1] else f"  now {names[1]}")
        yield "the lists differ" if found.changed else "the lists differ, and nothing is known to have changed"
    yield from (f"changed since then: {change}" for change in found.changed)
