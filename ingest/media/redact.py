"""Remove secrets from addresses and from messages that contain addresses."""

from __future__ import annotations

import re

_USER = re.compile(r"(?<=://)[^/\s@]+@")
_SECRET = re.compile(
    r"([?&;](?:[\w.-]*(?:token|signature|secret|password|credential|auth|api[_-]?key)[\w.-]*|sig|key|pw)=)[^&#\s'\"]+",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Return `text` with "…" for user names, passwords and secret query parameters in its addresses."""
    return _SECRET.sub(r"\1…", _USER.sub("…@", text))
