"""Readers of BEIR's corpus and query files, which have one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shortlist.eval.data.dataset import Item
from shortlist.eval.data.line_reader import check_id, numbered_lines, refuse


def read_corpus(path: Path) -> Iterator[Item]:
    """Yield the documents (`_id`, `text`, optional `title`). Raises `RecordError` with file and line."""
    for where, row in _rows(path):
        yield Item(_id(row, where), _text(row, "title", where, default=""), _text(row, "text", where))


def read_queries(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (id, text) of each query (`_id`, `text`). Raises `RecordError` with file and line."""
    for where, row in _rows(path):
        yield _id(row, where), _text(row, "text", where)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, line in numbered_lines(path):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            refuse(where, "a complete JSON object", f"{error.msg} at column {error.colno}")
        if not isinstance(row, dict):
            refuse(where, "a JSON object", f"a {type(row).__name__}")
        yield where, row


def _id(row: dict[str, Any], where: str) -> str:
    return check_id(row.get("_id"), where, "`_id`")


def _text(row: dict[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = row.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        refuse(where, f"a string as `{key}`", "nothing" if value is None else f"a {type(value).__name__}")
    return value
