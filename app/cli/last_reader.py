"""The reader of the last `shortlist recommend`, remembered in the home, and the first reader of a home without any."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice

from shortlist.core.errors import UsageError
from shortlist.core.types import ME, Reader
from shortlist.store.home import Home
from shortlist.store.home_files import LAST_READER

NAMED = 5  # readers that a message names


def remember_reader(home: Home, user_id: str) -> None:
    """Remember `user_id` as the last reader. A home that cannot be written does without."""
    with suppress(OSError):
        (home.path / LAST_READER).write_text(user_id, "utf-8")


def last_reader(home: Home) -> str:
    """Return the last reader, or the only one. A home without readers gets one, `ME`.

    Raises `UsageError`, which names some, if there are several and none is the last.
    """
    with suppress(OSError, UnicodeDecodeError):
        remembered = (home.path / LAST_READER).read_text("utf-8")
        if home.catalogue.readers.get_many([remembered]):
            return remembered
    some = list(islice(home.catalogue.readers.ids(), NAMED + 1))
    if len(some) == 1:
        return some[0]
    if not some:
        home.catalogue.readers.put([Reader(ME, datetime.now(UTC))])
        return ME
    others = ", …" if len(some) > NAMED else ""
    found = f"none, and no earlier one; there are {', '.join(some[:NAMED])}{others}"
    raise UsageError("no reader", expected="a USER", found=found, remedy=f"try `shortlist recommend {some[0]}`")
