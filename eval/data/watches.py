"""SPEC `watches:DIR`: items.csv, watches.tsv. Each reader's last item is hidden among the whole catalogue."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from shortlist.core.errors import UsageError
from shortlist.eval.data.dataset import DataSet, EvalQuery, Item, hash_files, named
from shortlist.eval.data.line_reader import checked_id, decoded, fields, numbered_lines, refuse

KIND = "watches"
HEADER = ["item", "title"]


def read_watches(folder: Path) -> DataSet:
    """One query a reader: the last item is the only relevant one, the others are the history and excluded.

    A reader whose last item was watched before can't be answered and is left out, with a note that says how many.
    Raises `RecordError` or `UsageError` with file and line.
    """
    items, watches = folder / "items.csv", folder / "watches.tsv"
    sequences = dict(_read_sequences(watches))
    fair = {user: watched for user, watched in sequences.items() if watched[-1] not in watched[:-1]}
    left = len(sequences) - len(fair)
    return DataSet(
        name=named(KIND, folder),
        kind=KIND,
        items=tuple(_read_items(items)),
        queries=tuple(EvalQuery(user, user_id=user, history=watched[:-1]) for user, watched in fair.items()),
        qrels={user: {watched[-1]: 1} for user, watched in fair.items()},
        data_hash=hash_files(KIND, (items, watches)),
        exclude_seen=True,
        notes=(f"{left} readers whose last item was watched before were left out",) if left else (),
    )


def _read_items(path: Path) -> Iterator[Item]:
    rows = csv.reader(_decoded_lines(path), strict=True)
    try:
        for number, row in enumerate(rows):
            where = f"{path}:{rows.line_num}"
            if number == 0 and row != HEADER:
                refuse(where, "the header `item,title`", repr(",".join(row)))
            if number == 0 or not row:
                continue
            if len(row) != 2:
                refuse(where, "2 columns (item, title)", f"{len(row)}", "quote a title that holds a comma")
            yield Item(checked_id(row[0], where, "item id"), row[1])
    except csv.Error as error:
        refuse(f"{path}:{rows.line_num}", "a CSV row", str(error))


def _decoded_lines(path: Path) -> Iterator[str]:
    # Not `numbered_lines`: a quoted title may hold line ends and blank lines, which belong to it.
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                yield decoded(raw, f"{path}:{number}")
    except OSError as error:
        raise UsageError(
            f"cannot read {path}", expected="a readable file", found=str(error.strerror), remedy="check the data folder"
        ) from error


def _read_sequences(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    readers: set[str] = set()
    for where, line in numbered_lines(path):
        user, watched = fields(line, where, 2, "user, items in time order", "\t")
        checked_id(user, where, "user id")
        if user in readers:
            refuse(where, "one line a user", f"user {user!r} again", "join the lines in time order")
        readers.add(user)
        if not watched.split():
            refuse(where, "at least one item", "none")
        yield user, tuple(watched.split())
