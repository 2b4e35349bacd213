"""Texts of strangers, made safe to print: a title must neither move the cursor nor turn the line around."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # C0 but tab and line feed, DEL, C1
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSAFE_IN_JSON = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # `json` escapes C0 itself


def printable(text: str) -> str:
    """`text` with every control character but tab and line feed replaced by U+FFFD, and bidirectional marks removed."""
    if text.isascii() and text.isprintable():
        return text
    return _BIDI.sub("", _CONTROLS.sub("\ufffd", text.replace("\r\n", "\n")))


def printable_json(document: str) -> str:
    """The same JSON, with what a terminal would obey written as escapes: it reads as the same value."""
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", document)
