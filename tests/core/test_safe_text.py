"""A text from a stranger cannot control the terminal it is printed on."""

from __future__ import annotations

import json
import logging
import unicodedata

import pytest

from shortlist.core import log
from shortlist.core.display import printable, printable_json

HOSTILE = {
    "clear screen": "\x1b[2J\x1b[HGone",
    "window title": "\x1b]0;owned\x07Title",
    "link": "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "C1": "\x9b2J\x9d0;owned\x9c",
    "overwrites its line": "harmless\rrm -rf",
    "right to left": "photo_\u202egpj.exe",
    "isolates": "\u2066a\u2069\u061c\u200f",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    assert all(unicodedata.category(letter) not in ("Cc", "Cf") for letter in printable(text))
    document = printable_json(json.dumps({"title": text}, ensure_ascii=False))
    assert all(unicodedata.category(letter) not in ("Cc", "Cf") for letter in document)
    assert json.loads(document) == {"title": text}


@pytest.mark.parametrize("text", ["Plain", "two\nlines\tand a tab", "naïve 日本語 עברית", "👩‍🚀 at work"])
def test_what_people_write_stays(text: str) -> None:
    assert printable(text) == text


def test_a_log_line_is_a_line_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    try:
        log.configure("warning")
        logging.getLogger("shortlist.test").warning("no video at %s", "\x1b[2J\u202e")
    finally:
        root.handlers = handlers
        root.setLevel(level)
    assert capsys.readouterr().err.endswith("no video at \ufffd[2J\n")
