"""`shortlist import list` and `shortlist import undo`."""

from __future__ import annotations

from typing import Annotated

import typer

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.ingest.update_index import make_searchable
from shortlist.ingest.history.store import undo_import
from shortlist.ingest.history.words import counted
from shortlist.store.catalogue.imports import Batch


@command()
def list_(call: Call) -> None:
    """List the imports, oldest first.

    Example: shortlist import list
    """
    with call.open_home(any_encoder=True) as store:
        batches = store.catalogue.imports.all()
    call.show([batch.document for batch in batches], map(_line, batches) if batches else ["no imports"])


@command()
def undo(
    call: Call, batch: Annotated[int, typer.Argument(help="The number in `shortlist import list`.", metavar="BATCH")]
) -> None:
    """Remove all that an import stored, and the reader that it created if nothing else is known of them.

    Example: shortlist import undo 1
    """
    with call.open_home() as store:
        found = store.catalogue.imports.get(batch)
        events, texts = undo_import(store, found)
        make_searchable(store, call.config)
    call.show(
        {"undone": batch, "events": events, "titles": texts},
        [f"undone: {events:,} events of {found.user_id} and {texts:,} titles from {found.source} are removed"],
    )


def _line(batch: Batch) -> str:
    state = "" if batch.done else "  UNFINISHED: import it again, or undo it"
    return f"{batch.id:>4}  {batch.at:%Y-%m-%d %H:%M}  {batch.user_id}  {counted(batch.content)}  {batch.source}{state}"
