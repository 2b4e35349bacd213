"""Makes untrusted text safe to print: a title must neither move the cursor nor reverse the line."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # C0 but tab and line feed, DEL, C1
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSAFE_IN_JSON = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # `json` escapes C0 itself


def printable(text: str) -> str:
    """Replace control characters except tab and line feed by U+FFFD, and remove bidirectional marks."""
    if text.isascii() and text.isprintable():
        return text
    return _BIDI.sub("", _CONTROLS.sub("\ufffd", text.replace("\r\n", "\n")))


def printable_json(document: str) -> str:
    """Escape the control characters and bidirectional marks in a JSON document; its value stays the same."""
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", document)
