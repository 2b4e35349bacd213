"""What a wish is about, without the words that every wish has."""

from __future__ import annotations

import re

LEADING = re.compile(
    r"(?:i(?:'d| would)? (?:want|like|wish)(?: to (?:see|watch))? )?"
    r"(?:(?:something|anything|some|any|a|short|videos?|clips?|films?) )+(?:about|on|of|with|related to) "
    r"(?P<topic>.*\w.*)",
    re.IGNORECASE,
)


def topic_of(wish: str | None) -> str | None:
    """ "something about night trains" -> "night trains"; None for a wish that is blank or absent."""
    tidy = " ".join((wish or "").split())
    leading = LEADING.fullmatch(tidy)
    return leading["topic"] if leading else tidy or None
