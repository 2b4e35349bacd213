"""How commands that change content end: everything they stored can be searched, and large merges are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shortlist.app.cli.terminal.output import print_remark, say
from shortlist.core.config import Config
from shortlist.core.errors import StateError

if TYPE_CHECKING:
    from shortlist.store.home import Home


def make_searchable(store: Home, config: Config) -> None:
    """Index what is new, so that the first reader finds it ready and needs no lock; then merge_index what is due.

    What an earlier command that was stopped left undone is done, too.
    """
    from shortlist.app.build import repair

    repair(store, config)
    merge_index(store)


def merge_index(store: Home) -> None:
    """Merge what is due of the index, and say so. Where it cannot be done, nothing is lost: that is a note."""
    from shortlist.retrieval.index.background_merge import merge_aside

    def begins(rows: int) -> None:
        say(f"merging {rows:,} rows of the index: everything can be searched meanwhile", err=True)

    try:
        merge_aside(store, begins)
    except StateError as error:
        print_remark(f"the index is merged another time: {error}")
