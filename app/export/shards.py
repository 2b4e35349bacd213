"""The finished shards of an export: one Arrow file each, written atomically, with a summary in its metadata."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from shortlist.agent.export_rows import Rows, columns
from shortlist.app.export.plan import Plan, check_same
from shortlist.core.errors import StateError
from shortlist.core.notes import Note
from shortlist.store.sql.sqlite_errors import os_error

STARTED = "started.json"
DONE = b"done"


@dataclass(frozen=True, slots=True)
class ShardSummary:
    """The outcome of a shard. `notes` maps each note to its number of readers."""

    readers: int
    rows: int
    unknown: tuple[str, ...] = ()
    unjudged: int = 0
    notes: Mapping[Note, int] = field(default_factory=dict)


@contextmanager
def open_shard_folder(plan: Plan, metadata: Mapping[str, Any], *, resume: bool) -> Iterator[None]:
    """Lock the folder of the shards of `plan`. Empties it first unless `resume`, and removes it at the end.

    Raises `StateError` if another process writes the same export, and `UsageError` if `resume` is given but the
    folder belongs to a different export.
    """
    lock = plan.folder.with_name(f"{plan.folder.name}.lock")
    try:
        with FileLock(lock, timeout=0):
            _begin(plan.folder, metadata, resume)
            yield
            shutil.rmtree(plan.folder)
            lock.unlink(missing_ok=True)
    except Timeout as error:
        expected, remedy = "one export to this file at a time", "wait for it, or choose another --out"
        raise StateError(
            f"{plan.out} is being written", expected=expected, found="another process", remedy=remedy
        ) from error
    except OSError as error:
        raise os_error(plan.out, error) from error


def shard_file(folder: Path, number: int) -> Path:
    """Return the file of shard `number`."""
    return folder / f"{number:08d}.arrow"


def write_shard(file: Path, rows: Rows, readers: int) -> ShardSummary:
    """Write a shard atomically. Raises `StateError` if the disk is full."""
    done = ShardSummary(readers, len(rows), tuple(rows.unknown), len(rows.unjudged), dict(rows.notes))
    described = schema(tuple(rows.columns)[len(columns()) :]).with_metadata(
        {DONE: json.dumps(_document(done)).encode()}
    )
    table = pa.Table.from_pydict(rows.columns, schema=described)
    unfinished = file.with_suffix(".unfinished")
    try:
        with pa.OSFile(str(unfinished), "wb") as sink, pa.ipc.new_file(sink, described) as writer:
            writer.write_table(table)
        unfinished.replace(file)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise os_error(file, error) from error
    return done


def read_shard(file: Path) -> tuple[pa.Table, ShardSummary]:
    """Read the rows and the summary of a shard."""
    with pa.memory_map(str(file)) as source:
        table = pa.ipc.open_file(source).read_all()
    return table.replace_schema_metadata(None), _done(json.loads(table.schema.metadata[DONE]))


def is_done(file: Path) -> bool:
    """Return whether a shard is complete. A shard in which the language model failed is not."""
    return file.exists() and not read_shard(file)[1].unjudged


def schema(details: Sequence[str] = ()) -> pa.Schema:
    """Return the columns and types, with those of `details`.

    Ranks are int32 and scores float64, both null where a stage did not rank the video.
    """
    kinds = {"user_id": pa.string(), "video_id": pa.string(), "rank": pa.int32(), "score": pa.float64()}
    others = {"duration_s": pa.float64(), "published": pa.timestamp("s", "UTC"), "category_is_guess": pa.bool_()}
    always = [(name, kinds.get(name) or kinds[name.rpartition("_")[2]]) for name in columns()]
    return pa.schema([*always, *((name, others.get(name, pa.string())) for name in details)])


def _document(done: ShardSummary) -> dict[str, Any]:
    notes = [{"note": asdict(note), "readers": readers} for note, readers in done.notes.items()]
    return {**asdict(replace(done, notes={})), "notes": notes}


def _done(document: dict[str, Any]) -> ShardSummary:
    notes = {Note(**one["note"]): one["readers"] for one in document["notes"]}
    return ShardSummary(**{**document, "unknown": tuple(document["unknown"]), "notes": notes})


def _begin(folder: Path, metadata: Mapping[str, Any], resume: bool) -> None:
    started = folder / STARTED
    if resume and started.exists():
        check_same(json.loads(started.read_text(encoding="utf-8")), metadata, folder)
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    unfinished = started.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(metadata), encoding="utf-8")
    unfinished.replace(started)
