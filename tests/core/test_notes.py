"""The table of note codes in docs/data.md, and which part of a note leaves the machine."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

from shortlist.core.json_documents import notes_document
from shortlist.core.notes import Note, NoteCode

ROOT = Path(__file__).parents[2]
CODES = get_args(NoteCode)
FOLDERS = ("agent", "app", "eval", "ingest", "retrieval", "serving")


def strings_in_the_source() -> set[str]:
    """Every string constant of the packages that make notes."""
    trees = [ast.parse(file.read_text("utf-8")) for name in FOLDERS for file in (ROOT / name).rglob("*.py")]
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_the_documented_codes_are_those_of_the_code() -> None:
    section = (ROOT / "docs/data.md").read_text("utf-8").partition("### Notes")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(.*?)` \|", section, re.MULTILINE) == list(CODES)


def test_every_code_is_given_by_some_package() -> None:
    assert set(CODES) - strings_in_the_source() == set()


def test_a_document_leaves_out_the_detail() -> None:
    note = Note("no-model", "no language model", "no answer from http://10.0.0.1")
    assert notes_document([note]) == [{"code": "no-model", "message": "no language model"}]
    assert note.full == "no language model: no answer from http://10.0.0.1"
