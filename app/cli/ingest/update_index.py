"""Update the index at the end of a command that stored content."""

from __future__ import annotations

from shortlist.app.cli.terminal.output import print_remark, say
from shortlist.core.config import Config
from shortlist.core.errors import StateError
from shortlist.engine.backup import back_up_if_due
from shortlist.engine.build import repair
from shortlist.retrieval.index.background_merge import merge_in_background
from shortlist.store.home import Home


def make_searchable(store: Home, config: Config) -> None:
    """Index new records, so that the next `recommend` need not, and run the merges that are due.

    Also finishes the work of an earlier command that was interrupted, and makes the daily backup.
    """
    repair(store, config)
    merge_index(store)
    back_up_if_due(store, config.backup)


def merge_index(store: Home) -> None:
    """Run the index merges that are due, and say so on stderr. A merge that fails is only a note: it stays due."""

    def begins(rows: int) -> None:
        say(f"merging {rows:,} rows of the index; searches work in the meantime", err=True)

    try:
        merge_in_background(store, begins)
    except StateError as error:
        print_remark(f"the index merge is postponed: {error}")
