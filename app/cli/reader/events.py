"""`shortlist reader events`: list a reader's stored events, and delete some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.failure_table import print_failures
from shortlist.app.cli.terminal.list_options import K
from shortlist.core.errors import UsageError
from shortlist.core.types import Event

SOME_FAILED = 1


@command()
def list_(call: Call, user: Annotated[str, typer.Argument(help="The reader's id.", metavar="USER")], k: K = 50) -> None:
    """List a reader's newest events with their ids. Events in the future are marked and ignored.

    Example: shortlist reader events list user_123 -k 20
    """
    with call.open_home() as store:
        reader = store.catalogue.readers.get(user)
        latest = store.catalogue.events.latest()
        rows = [
            _document(event, event.at > latest) for event in store.catalogue.events.newest([reader.id], k)[reader.id]
        ]
    call.show({"user_id": user, "events": rows}, map(_line, rows) if rows else [f"no events of {user}"])


@command()
def remove(
    call: Call,
    event_ids: Annotated[list[str], typer.Argument(help="Ids that `reader events list` shows.", metavar="ID...")],
    user: Annotated[
        str | None, typer.Option(help="The reader's id, if several readers have an event with this id.", metavar="ID")
    ] = None,
) -> None:
    """Delete events for good. Profiles, popularity and watched-together counts no longer include them.

    Example: shortlist reader events remove 0c9a1d5e7f3b
    """
    with call.open_home() as store:
        found = [event for event in store.catalogue.events.get_many(event_ids) if user in (None, event.user_id)]
        removed = sorted({event.event_id for event in found})
        if len(removed) < len(found):
            raise UsageError(
                "several readers have an event with one of these ids", expected="the events of one reader",
                found=f"events of {len({event.user_id for event in found})} readers", remedy="add --user",
            )  # fmt: skip
        store.catalogue.events.remove(removed, user)
    unknown = sorted(set(event_ids) - set(removed))
    call.show({"removed": removed, "unknown": unknown}, [f"{len(removed):,} removed, {len(unknown):,} unknown"])
    if unknown:
        print_failures([] if call.as_json else [(event_id, "no event has this id") for event_id in unknown])
        raise typer.Exit(SOME_FAILED)


def _line(row: Mapping[str, Any]) -> str:
    mark = "  in the future, ignored" if row["ignored"] else ""
    dwell = "" if row["dwell_s"] is None else f"{row['dwell_s']:.0f} s"
    return f"{row['event_id']}  {row['at']}  {row['action']:<10}  {dwell:>6}  {row['kind']:<7}  {row['item_id']}{mark}"


def _document(event: Event, ignored: bool) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "at": event.at.isoformat(),
        "action": event.action,
        "kind": event.kind,
        "item_id": event.item_id,
        "dwell_s": event.dwell_s,
        "ignored": ignored,
    }
