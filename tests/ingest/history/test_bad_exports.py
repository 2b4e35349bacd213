"""Files that are damaged, hostile, or something else: one line that says what was expected and found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from shortlist.core.errors import UsageError
from shortlist.ingest.history.read import History, read_history
from tests.ingest.history.takeout_exports import archive, watched

Write = Callable[[str, str | bytes], Path]


def read(path: Path) -> History:
    return read_history([str(path)])


def test_what_a_torn_file_has_is_read(text_file: Write) -> None:
    whole = json.dumps([watched(number) for number in range(10)])
    history = read(text_file("torn.json", whole[:-40]))
    assert len(history.acts) == 9
    assert history.left_out["records after the place where the file ends too early"] == 1


def test_utf_16_is_read(text_file: Write) -> None:
    assert len(read(text_file("a.json", json.dumps([watched(1)]).encode("utf-16"))).acts) == 1


def test_a_record_after_lists_without_end_is_refused(text_file: Write) -> None:
    data = json.dumps([watched(1)])[:-1] + "," + "[" * 200_000
    history = read(text_file("deep.json", data))
    assert (len(history.acts), len(history.partly)) == (1, 1) or history.left_out


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.json", b""),
        ("page.html", b"<html><body>Hello</body></html>"),
        ("other.json", b'{"a": 1}'),
        ("noise.bin", bytes(range(256)) * 9),
    ],
)
def test_what_is_no_export_is_named(name: str, data: bytes, text_file: Write) -> None:
    with pytest.raises(UsageError, match=f"no history was recognised: expected an export of Google Takeout.*{name}"):
        read(text_file(name, data))


def test_a_database_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
    with pytest.raises(UsageError, match="no history was recognised"):
        read(path)


def test_a_damaged_zip_and_one_that_unpacks_to_gigabytes_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "bomb.zip", {"watch.json": json.dumps([watched(1)]) + " " * 300_000_000})
    with pytest.raises(UsageError, match="unpacks to too much"):
        read(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UsageError):
        read(path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read(tmp_path / "nothing.zip")
