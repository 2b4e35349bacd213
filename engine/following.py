"""Follow published snapshots with the settings of `[store]`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from shortlist.core.config import Config
from shortlist.core.errors import ShortlistError
from shortlist.store.home import Home

if TYPE_CHECKING:
    from shortlist.ops.publish.follow import Follower

log = logging.getLogger(__name__)


def follower_of(config: Config) -> Follower | None:
    """Return the follower of `store.snapshot`; None if that is unset. Raises as `open_place`."""
    if config.store.snapshot is None:
        return None
    from shortlist.ops.publish.follow import Follower
    from shortlist.ops.publish.place import open_place

    place = open_place(config.store.snapshot, config.media)
    return Follower(place, config.home, with_catalogue=config.store.catalogue is None)


def follow_of(home: Home, config: Config) -> Callable[[], None] | None:
    """Return a function that lets `home` use a newer snapshot if there is one; None unless `home` follows them.

    If that fails, the snapshot in use stays, and the reason is logged as a warning.
    """
    follower = follower_of(config)
    if follower is None:
        return None
    follower.keep_to(home.content)

    def follow() -> None:
        try:
            folder = follower.pull()
            if folder != home.content:
                home.follow(folder)
        except ShortlistError as error:
            log.warning("the snapshot in use stays: %s", error)

    return follow
