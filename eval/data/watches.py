"""SPEC `watches:DIR`: items.csv, watches.tsv. Each reader's last item is hidden, and the whole catalogue is ranked."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from shortlist.core.errors import UsageError
from shortlist.eval.data.dataset import DataSet, EvalQuery, Item, dataset_name, hash_files
from shortlist.eval.data.line_reader import check_id, decode, numbered_lines, refuse, split_fields

KIND = "watches"
HEADER = ["item", "title"]


def read_watches(folder: Path) -> DataSet:
    """Read one query for each reader: the last item is relevant, the others are the history and are excluded.

    Readers who had watched their last item before are left out, with a note, because seen items are not ranked. Raises
    `RecordError` or `UsageError` with file and line.
    """
    items, watches = folder / "items.csv", folder / "watches.tsv"
    sequences = dict(_read_sequences(watches))
    new_last = {user: watched for user, watched in sequences.items() if watched[-1] not in watched[:-1]}
    left_out = len(sequences) - len(new_last)
    return DataSet(
        name=dataset_name(KIND, folder),
        kind=KIND,
        items=tuple(_read_items(items)),
        queries=tuple(EvalQuery(user, user_id=user, history=watched[:-1]) for user, watched in new_last.items()),
        qrels={user: {watched[-1]: 1} for user, watched in new_last.items()},
        data_hash=hash_files(KIND, (items, watches)),
        exclude_seen=True,
        notes=(f"{left_out} readers whose last item was watched before were left out",) if left_out else (),
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
            yield Item(check_id(row[0], where, "item id"), row[1])
    except csv.Error as error:
        refuse(f"{path}:{rows.line_num}", "a CSV row", str(error))


def _decoded_lines(path: Path) -> Iterator[str]:
    # Not `numbered_lines`, because a quoted title may contain line ends and blank lines.
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                yield decode(raw, f"{path}:{number}")
    except OSError as error:
        raise UsageError(
            f"cannot read {path}", expected="a readable file", found=str(error.strerror), remedy="check the data folder"
        ) from error


def _read_sequences(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    readers: set[str] = set()
    for where, line in numbered_lines(path):
        user, watched = split_fields(line, where, 2, "user, items in time order", "\t")
        check_id(user, where, "user id")
        if user in readers:
            refuse(where, "one line a user", f"user {user!r} again", "join the lines in time order")
        readers.add(user)
        if not watched.split():
            refuse(where, "at least one item", "none")
        yield user, tuple(watched.split())
