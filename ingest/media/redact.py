"""Addresses and messages without the secrets that addresses carry."""

from __future__ import annotations

import re

_USER = re.compile(r"(?<=://)[^/\s@]+@")
_SECRET = re.compile(
    r"([?&;](?:[\w.-]*(?:token|signature|secret|password|credential|auth|api[_-]?key)[\w.-]*|sig|key|pw)=)[^&#\s'\"]+",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """`text` with user names and secret parameters of the addresses in it replaced by "…"."""
    return _SECRET.sub(r"\1…", _USER.sub("…@", text))
